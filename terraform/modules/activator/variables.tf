variable "services" {
  description = "Services to manage, each with the workload behind it. namespace, service, and port: the number of its targetPort, one for each Service. port_name: name of the Service's port. activity: PromQL that is 0 while the workload is idle; no data means busy. live: port, path and gauge with which each pod exposes its requests in flight. autoscaler: the workload's HorizontalPodAutoscaler, with min_replicas 1. workload: what is scaled, by default the Deployment with the Service's name. idle_seconds: how long it must be idle. hold_seconds: how long a request is held; less than read_timeout_seconds, the proxy's read timeout. max_held: how many are held at the same time."
  type = list(object({
    namespace            = string
    service              = string
    port                 = number
    port_name            = optional(string, "http")
    address_type         = optional(string, "IPv4")
    activity             = string
    live                 = optional(object({ port = number, path = optional(string, "/metrics"), in_flight = string }))
    autoscaler           = optional(string)
    workload             = optional(object({ group = optional(string, "apps"), version = optional(string, "v1"), resource = optional(string, "deployments"), name = string }))
    idle_seconds         = optional(number, 300)
    hold_seconds         = optional(number, 30)
    read_timeout_seconds = optional(number, 60)
    max_held             = optional(number, 1000)
  }))
  nullable = false

  validation {
    condition     = length(var.services) > 0 && alltrue([for s in var.services : can(regex("^[a-z0-9]([-a-z0-9]{0,51}[a-z0-9])?$", s.service)) && can(regex("^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$", s.namespace)) && trimspace(s.activity) != ""])
    error_message = "services must name at least one Service, each with a namespace, a service of at most 53 characters, and an activity query, such as { namespace = \"app\", service = \"heavywork\", port = 8080, activity = \"sum(...)\" }."
  }

  validation {
    condition     = alltrue([for s in var.services : s.port >= 1 && s.port <= 65535 && floor(s.port) == s.port]) && length(distinct([for s in var.services : s.port])) == length(var.services)
    error_message = "port of each Service must be a whole number from 1 to 65535, and different for each: it tells which Service a request is for. Services with the same targetPort need an activator each."
  }

  # A proxy that times out first may retry the request.
  validation {
    condition     = alltrue([for s in var.services : s.hold_seconds >= 1 && s.hold_seconds < s.read_timeout_seconds])
    error_message = "hold_seconds must be at least 1 and less than read_timeout_seconds, the proxy's read timeout, such as 30 and 60."
  }

  validation {
    condition     = alltrue([for s in var.services : s.idle_seconds >= 5 && s.max_held >= 1 && s.max_held <= 20000])
    error_message = "idle_seconds must be at least 5, and max_held from 1 to 20000."
  }
}

variable "name" {
  description = "Name of the activator's Deployment, Service and Helm release."
  type        = string
  default     = "activator"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]([-a-z0-9]{0,51}[a-z0-9])?$", var.name))
    error_message = "name must start with a letter and be a DNS label of at most 53 characters (Helm's limit for a release), such as \"activator\"."
  }
}

variable "namespace" {
  description = "Existing namespace to install into."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$", var.namespace))
    error_message = "namespace must be a DNS label of at most 63 characters, such as \"monitoring\"."
  }
}

variable "image" {
  description = "Image of the activator, with its tag."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^([^/\\s]+/)*[^/:@\\s]+:[^/:@\\s]+(@sha256:[0-9a-f]{64})?$", var.image))
    error_message = "image must be an image with a tag, such as \"registry.example.org/activator:v1.2.3\"."
  }
}

variable "prometheus_url" {
  description = "URL inside the cluster of the Prometheus that answers the activity queries."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^https?://[^\\s/{,]+(/[^\\s{,]*)?$", var.prometheus_url))
    error_message = "prometheus_url must start with http:// or https:// and name a host, such as \"http://prometheus.monitoring.svc:9090\"."
  }
}

variable "replicas" {
  description = "Number of activator pods, all of which hold requests. With a single one, nothing wakes workloads at zero while its node is lost."
  type        = number
  default     = 2
  nullable    = false

  validation {
    condition     = var.replicas >= 1 && floor(var.replicas) == var.replicas
    error_message = "replicas must be a whole number of at least 1."
  }
}

variable "drain_seconds" {
  description = "Seconds for which an activator still accepts requests after the stop signal: longer than proxies need to drop it."
  type        = number
  default     = 10
  nullable    = false

  validation {
    condition     = var.drain_seconds >= 0 && var.drain_seconds <= 600 && floor(var.drain_seconds) == var.drain_seconds
    error_message = "drain_seconds must be a whole number from 0 to 600."
  }
}

variable "longest_request_seconds" {
  description = "Seconds that the longest request takes. An activator that stops waits for that long, in addition to the longest hold_seconds."
  type        = number
  default     = 15
  nullable    = false

  validation {
    condition     = var.longest_request_seconds >= 1 && var.longest_request_seconds <= 600 && floor(var.longest_request_seconds) == var.longest_request_seconds
    error_message = "longest_request_seconds must be a whole number from 1 to 600."
  }
}

variable "release_label" {
  description = "Value of the label release by which a Prometheus of Prometheus Operator selects its ServiceMonitors. Null creates no ServiceMonitor."
  type        = string
  default     = null
}

variable "network_policies" {
  description = "Allow only the connections that the activator needs. In each Service's namespace, and for Prometheus, a policy allows the activator. It selects all pods there: pods that no other policy selects then refuse everybody else, such as NGINX and Prometheus, so add policies for these first. Requires a network plugin that enforces policies; others ignore them."
  type        = bool
  default     = false
  nullable    = false
}

variable "monitoring_namespace" {
  description = "Namespace of Prometheus, for the network policies."
  type        = string
  default     = "monitoring"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$", var.monitoring_namespace))
    error_message = "monitoring_namespace must be a DNS label of at most 63 characters, such as \"monitoring\"."
  }
}

variable "pod_cidr" {
  description = "Addresses of the cluster's pods. Any other address is outside: a client of a node port, or the API server."
  type        = string
  default     = "10.244.0.0/16"
  nullable    = false

  validation {
    condition     = can(cidrhost(var.pod_cidr, 0))
    error_message = "pod_cidr must be a range of addresses in CIDR notation, such as \"10.244.0.0/16\"."
  }
}

variable "api_server_cidrs" {
  description = "Address ranges of the API server. Policies see its own address, not that of the Service kubernetes."
  type        = list(string)
  default     = ["0.0.0.0/0"]
  nullable    = false

  validation {
    condition     = length(var.api_server_cidrs) > 0 && alltrue([for c in var.api_server_cidrs : can(cidrhost(c, 0))])
    error_message = "api_server_cidrs must be a list of at least one range of addresses in CIDR notation, such as [\"10.0.0.0/8\"]."
  }
}

variable "api_server_port" {
  description = "Port of the API server itself, not of the Service kubernetes."
  type        = number
  default     = 6443
  nullable    = false

  validation {
    condition     = var.api_server_port >= 1 && var.api_server_port <= 65535 && floor(var.api_server_port) == var.api_server_port
    error_message = "api_server_port must be a whole number from 1 to 65535, such as 6443."
  }
}
