variable "profile" {
  description = "Which NGINX to install. bundled: NGINX Gateway Fabric and the Gateway API from local charts."
  type        = string
  default     = "bundled"
  nullable    = false

  validation {
    condition     = contains(["bundled"], var.profile)
    error_message = "profile is \"${var.profile}\"; the only one so far is \"bundled\". The profile \"upstream\" (NGINX Ingress Controller from its OCI chart) is planned, and main.tf has the place for it."
  }
}

variable "namespace" {
  description = "Namespace to create for NGINX and its Gateway."
  type        = string
  default     = "ingress"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$", var.namespace))
    error_message = "namespace must be a DNS label of at most 63 characters, such as \"ingress\"."
  }
}

variable "gateway_name" {
  description = "Name of the Gateway that routes refer to."
  type        = string
  default     = "nginx"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]([-a-z0-9]{0,51}[a-z0-9])?$", var.gateway_name))
    error_message = "gateway_name must be a DNS label of at most 53 characters (Helm's limit for a release), such as \"nginx\"."
  }
}

variable "crds_chart" {
  description = "Directory of a chart whose templates are the custom resource definitions of the Gateway API and of NGINX Gateway Fabric."
  type        = string
  nullable    = false

  validation {
    condition     = fileexists("${var.crds_chart}/Chart.yaml")
    error_message = "crds_chart must be a chart directory: there is no ${var.crds_chart}/Chart.yaml."
  }
}

variable "controller_chart" {
  description = "Directory of the chart nginx-gateway-fabric."
  type        = string
  nullable    = false

  validation {
    condition     = fileexists("${var.controller_chart}/Chart.yaml")
    error_message = "controller_chart must be a chart directory: there is no ${var.controller_chart}/Chart.yaml."
  }
}

variable "controller_image" {
  description = "Image of NGINX Gateway Fabric's control process, with its tag."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^([^/\\s]+/)*[^/:@\\s]+:[^/:@\\s]+(@sha256:[0-9a-f]{64})?$", var.controller_image))
    error_message = "controller_image must be an image with a tag, such as \"ghcr.io/nginx/nginx-gateway-fabric:1.2.3\"."
  }
}

variable "nginx_image" {
  description = "Image of NGINX as NGINX Gateway Fabric's data plane, with its tag."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^([^/\\s]+/)*[^/:@\\s]+:[^/:@\\s]+(@sha256:[0-9a-f]{64})?$", var.nginx_image))
    error_message = "nginx_image must be an image with a tag, such as \"ghcr.io/nginx/nginx-gateway-fabric/nginx:1.2.3\"."
  }
}

# How requests survive that NGINX or what is behind it is replaced: docs/lossless.md.

variable "keepalive_min_timeout_seconds" {
  description = "Seconds after an answer within which NGINX never closes the connection, not even when it takes a new configuration or stops. Clients should close idle connections sooner; what is behind NGINX must go on serving for longer after it was told to stop."
  type        = number
  default     = 5
  nullable    = false

  validation {
    condition     = var.keepalive_min_timeout_seconds >= 2 && var.keepalive_min_timeout_seconds <= 60 && floor(var.keepalive_min_timeout_seconds) == var.keepalive_min_timeout_seconds
    error_message = "keepalive_min_timeout_seconds must be a whole number from 2 to 60, such as 5."
  }
}

variable "connect_timeout_seconds" {
  description = "Seconds NGINX waits for a pod to take a connection before it tries another one. 2 leaves time for one lost packet."
  type        = number
  default     = 2
  nullable    = false

  validation {
    condition     = var.connect_timeout_seconds >= 1 && var.connect_timeout_seconds <= 60 && floor(var.connect_timeout_seconds) == var.connect_timeout_seconds
    error_message = "connect_timeout_seconds must be a whole number from 1 to 60, such as 2."
  }
}

variable "drain_seconds" {
  description = "Seconds NGINX goes on taking connections after its pod was told to stop; longer than node ports and load balancers need to learn that."
  type        = number
  default     = 10
  nullable    = false

  validation {
    condition     = var.drain_seconds >= 1 && var.drain_seconds <= 300 && floor(var.drain_seconds) == var.drain_seconds
    error_message = "drain_seconds must be a whole number from 1 to 300, such as 10."
  }
}

variable "longest_request_seconds" {
  description = "Seconds the longest request may take; NGINX finishes it before it stops."
  type        = number
  default     = 15
  nullable    = false

  validation {
    condition     = var.longest_request_seconds >= 1 && var.longest_request_seconds <= 3600 && floor(var.longest_request_seconds) == var.longest_request_seconds
    error_message = "longest_request_seconds must be a whole number from 1 to 3600, such as 15."
  }
}

variable "http_node_port" {
  description = "Port on every node that leads to NGINX's plain HTTP listener."
  type        = number
  default     = 30080
  nullable    = false

  validation {
    condition     = var.http_node_port >= 30000 && var.http_node_port <= 32767 && floor(var.http_node_port) == var.http_node_port
    error_message = "http_node_port must be a whole number from 30000 to 32767, Kubernetes' range for node ports; 30080 is a good one."
  }
}

variable "network_policies" {
  description = "Allow only requests to NGINX, scrapes by Prometheus, and connections from NGINX to the pods it serves and from its control process to the API server. Takes a network plugin that enforces policies; others ignore them."
  type        = bool
  default     = false
  nullable    = false
}

variable "backend_ports" {
  description = "Ports of pods that NGINX may send requests to, when network policies are on. None means any. Which pods let it in is for their own policies to say."
  type        = list(number)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for p in var.backend_ports : p >= 1 && p <= 65535 && floor(p) == p])
    error_message = "backend_ports must be whole numbers from 1 to 65535, such as [8080]."
  }
}

variable "pod_cidr" {
  description = "Addresses of the cluster's pods."
  type        = string
  default     = "10.244.0.0/16"
  nullable    = false

  validation {
    condition     = can(cidrhost(var.pod_cidr, 0))
    error_message = "pod_cidr must be a range of addresses in CIDR notation, such as \"10.244.0.0/16\"."
  }
}

variable "monitoring_namespace" {
  description = "Namespace of the Prometheus that may scrape, when network policies are on."
  type        = string
  default     = "monitoring"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$", var.monitoring_namespace))
    error_message = "monitoring_namespace must be a DNS label of at most 63 characters, such as \"monitoring\"."
  }
}

variable "api_server_cidrs" {
  description = "Addresses among which the API server is found. A policy sees its own address, not that of the Service kubernetes."
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
