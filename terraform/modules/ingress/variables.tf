variable "profile" {
  description = "Which NGINX to install. bundled: NGINX Gateway Fabric and the Gateway API from charts on disk. upstream: NGINX Ingress Controller from its OCI chart. upstream-gateway: NGINX Gateway Fabric from its OCI chart. existing: none; yours is used."
  type        = string
  default     = "bundled"
  nullable    = false

  validation {
    condition     = contains(["bundled", "upstream", "upstream-gateway", "existing"], var.profile)
    error_message = "profile is \"${var.profile}\"; it must be \"bundled\", \"upstream\" (NGINX Ingress Controller), \"upstream-gateway\" (NGINX Gateway Fabric) or \"existing\"."
  }
}

variable "namespace" {
  description = "Namespace for NGINX and its Gateway; with the profile existing, the namespace of your Gateway."
  type        = string
  default     = "ingress"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$", var.namespace))
    error_message = "namespace must be a DNS label of at most 63 characters, such as \"ingress\"."
  }
}

variable "create_namespace" {
  description = "Create the namespace. Set to false if it exists; the profile existing never creates it."
  type        = bool
  default     = true
  nullable    = false
}

variable "class" {
  description = "Name of the IngressClass or GatewayClass that NGINX serves."
  type        = string
  default     = "nginx"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]([-a-z0-9]{0,51}[a-z0-9])?$", var.class))
    error_message = "class must be a DNS label of at most 53 characters, such as \"nginx\"."
  }
}

variable "exposure" {
  description = "With the profile existing, how an application is published there: ingress, or httpRoute on the Gateway gateway_name in namespace. The other profiles set it themselves."
  type        = string
  default     = null

  validation {
    condition     = var.profile == "existing" ? contains(["ingress", "httpRoute"], coalesce(var.exposure, "none")) : var.exposure == null
    error_message = "exposure must be \"ingress\" or \"httpRoute\" with the profile \"existing\", and left out with the others, which set it themselves."
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
  description = "Directory of a chart whose templates are the custom resource definitions of the Gateway API and, for the profile bundled, of NGINX Gateway Fabric. Required by bundled; with upstream-gateway, null means that the Gateway API is installed already."
  type        = string
  default     = null

  validation {
    condition     = var.crds_chart == null ? var.profile != "bundled" : fileexists("${var.crds_chart}/Chart.yaml")
    error_message = var.crds_chart == null ? "crds_chart must be given with the profile \"bundled\": the directory of a chart with the definitions of the Gateway API." : "crds_chart must be a chart directory: there is no ${coalesce(var.crds_chart, "-")}/Chart.yaml."
  }
}

variable "controller_chart" {
  description = "Directory of the chart nginx-gateway-fabric, for the profile bundled."
  type        = string
  default     = null

  validation {
    condition     = var.controller_chart == null ? var.profile != "bundled" : fileexists("${var.controller_chart}/Chart.yaml")
    error_message = var.controller_chart == null ? "controller_chart must be given with the profile \"bundled\": the directory of the chart nginx-gateway-fabric." : "controller_chart must be a chart directory: there is no ${coalesce(var.controller_chart, "-")}/Chart.yaml."
  }
}

variable "controller_image" {
  description = "Image of the control process (with the profile upstream, of NGINX Ingress Controller), with its tag. Required by bundled; null means the chart's own."
  type        = string
  default     = null

  validation {
    condition     = var.controller_image == null ? var.profile != "bundled" : can(regex("^([^/\\s]+/)*[^/:@\\s]+:[^/:@\\s]+(@sha256:[0-9a-f]{64})?$", var.controller_image))
    error_message = "controller_image must be given with the profile \"bundled\", and be an image with a tag, such as \"ghcr.io/nginx/nginx-gateway-fabric:1.2.3\"."
  }
}

variable "nginx_image" {
  description = "Image of NGINX as NGINX Gateway Fabric's data plane, with its tag. Required by bundled; null means the chart's own."
  type        = string
  default     = null

  validation {
    condition     = var.nginx_image == null ? var.profile != "bundled" : can(regex("^([^/\\s]+/)*[^/:@\\s]+:[^/:@\\s]+(@sha256:[0-9a-f]{64})?$", var.nginx_image))
    error_message = "nginx_image must be given with the profile \"bundled\", and be an image with a tag, such as \"ghcr.io/nginx/nginx-gateway-fabric/nginx:1.2.3\"."
  }
}

variable "chart" {
  description = "Chart of the upstream profiles: its name in the repository, or a path that begins with / or a dot. Null means the profile's own."
  type        = string
  default     = null

  validation {
    condition     = var.chart == null ? true : can(regex("^[./]", var.chart)) ? fileexists("${var.chart}/Chart.yaml") : can(regex("^[a-z0-9][-a-z0-9]*$", var.chart))
    error_message = "chart must be the name of a chart such as \"nginx-ingress\", or the path of a chart directory, which holds a Chart.yaml."
  }
}

variable "chart_repository" {
  description = "Repository of that chart, https:// or oci://. Null means the profile's own; a chart that is a path needs none."
  type        = string
  default     = null

  validation {
    condition     = var.chart_repository == null ? true : can(regex("^(https?|oci)://[^\\s/]+", var.chart_repository))
    error_message = "chart_repository must begin with https:// or oci://, such as \"oci://registry.example.org/charts\"."
  }
}

variable "chart_version" {
  description = "Version of that chart. Null means the one this module was checked against."
  type        = string
  default     = null

  validation {
    condition     = var.chart_version == null ? true : can(regex("^\\d+\\.\\d+\\.\\d+\\S*$", var.chart_version))
    error_message = "chart_version must be one version and not a range, such as \"1.2.3\": the same plan must always install the same version."
  }
}

variable "extra_values" {
  description = "Values for the chart of the upstream profiles, as YAML documents. They are merged last, so they override what this module sets."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for text in var.extra_values : can(keys(yamldecode(text)))])
    error_message = "extra_values must be YAML documents with keys at the top, such as yamlencode({ controller = { replicaCount = 2 } }) or file(\"values.yaml\")."
  }
}

variable "monitor_release_label" {
  description = "With the profile upstream, value of the label \"release\" of a ServiceMonitor for NGINX's latencies and answers. Null creates none; the definitions of Prometheus Operator must be installed."
  type        = string
  default     = null

  validation {
    condition     = var.monitor_release_label == null ? true : can(regex("^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$", var.monitor_release_label))
    error_message = "monitor_release_label must be null or a label value of 1 to 63 letters, digits, dashes, underscores and dots, such as \"prometheus\"."
  }
}

variable "monitor_interval_seconds" {
  description = "Seconds between scrapes of NGINX."
  type        = number
  default     = 5
  nullable    = false

  validation {
    condition     = var.monitor_interval_seconds >= 1 && var.monitor_interval_seconds <= 300 && floor(var.monitor_interval_seconds) == var.monitor_interval_seconds
    error_message = "monitor_interval_seconds must be a whole number from 1 to 300, such as 5."
  }
}

variable "service_type" {
  description = "How the upstream profiles publish NGINX: NodePort (on http_node_port), LoadBalancer or ClusterIP. The profile bundled always uses NodePort."
  type        = string
  default     = "NodePort"
  nullable    = false

  validation {
    condition     = contains(["NodePort", "LoadBalancer", "ClusterIP"], var.service_type) && (var.profile != "bundled" || var.service_type == "NodePort")
    error_message = "service_type must be \"NodePort\", \"LoadBalancer\" or \"ClusterIP\"; the profile \"bundled\" supports only \"NodePort\"."
  }
}

# How requests survive a replacement of NGINX or of the pods behind it: docs/lossless.md.

variable "keepalive_min_timeout_seconds" {
  description = "Seconds after an answer during which NGINX never closes the connection, not even when it reloads or stops. Clients should close idle connections sooner; pods behind NGINX must keep serving for longer after the stop signal."
  type        = number
  default     = 5
  nullable    = false

  validation {
    condition     = var.keepalive_min_timeout_seconds >= 2 && var.keepalive_min_timeout_seconds <= 60 && floor(var.keepalive_min_timeout_seconds) == var.keepalive_min_timeout_seconds
    error_message = "keepalive_min_timeout_seconds must be a whole number from 2 to 60, such as 5."
  }
}

variable "connect_timeout_seconds" {
  description = "Seconds NGINX waits for a pod to accept a connection before it tries another one. 2 leaves time for one lost packet."
  type        = number
  default     = 2
  nullable    = false

  validation {
    condition     = var.connect_timeout_seconds >= 1 && var.connect_timeout_seconds <= 60 && floor(var.connect_timeout_seconds) == var.connect_timeout_seconds
    error_message = "connect_timeout_seconds must be a whole number from 1 to 60, such as 2."
  }
}

variable "drain_seconds" {
  description = "Seconds for which NGINX keeps accepting connections after its pod is told to stop; longer than node ports and load balancers need to drop it."
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

# High availability

variable "replicas" {
  description = "Number of NGINX pods. From 2 on they prefer different nodes and zones, and a drain evicts one at a time."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.replicas >= 1 && floor(var.replicas) == var.replicas
    error_message = "replicas must be a whole number of at least 1, such as 2."
  }
}

variable "priority_class_name" {
  description = "PriorityClass of the pods of NGINX Ingress Controller, and of the control process of the profile upstream-gateway; the charts have no setting for the other pods. Null sets none."
  type        = string
  default     = null

  validation {
    condition     = var.priority_class_name == null ? true : can(regex("^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$", var.priority_class_name))
    error_message = "priority_class_name must be null or the name of a PriorityClass, such as \"autoscaling\"."
  }
}

variable "unreachable_toleration_seconds" {
  description = "Seconds for which a pod stays on a node that is not ready or unreachable, before it is replaced on another node. Null means the cluster's default, which is 300 unless it was changed."
  type        = number
  default     = null

  validation {
    condition     = var.unreachable_toleration_seconds == null ? true : var.unreachable_toleration_seconds >= 0 && floor(var.unreachable_toleration_seconds) == var.unreachable_toleration_seconds
    error_message = "unreachable_toleration_seconds must be null or a whole number of at least 0, such as 10."
  }
}

variable "http_node_port" {
  description = "Port on every node that leads to NGINX's HTTP listener."
  type        = number
  default     = 30080
  nullable    = false

  validation {
    condition     = var.http_node_port >= 30000 && var.http_node_port <= 32767 && floor(var.http_node_port) == var.http_node_port
    error_message = "http_node_port must be a whole number from 30000 to 32767, Kubernetes' range for node ports, such as 30080."
  }
}

variable "network_policies" {
  description = "With the profile bundled, allow only requests to NGINX, scrapes by Prometheus, and connections from NGINX to the pods it serves and from its control process to the API server. Other profiles have no policies. Requires a network plugin that enforces policies; others ignore them."
  type        = bool
  default     = false
  nullable    = false
}

variable "backend_ports" {
  description = "Ports of pods that NGINX may send requests to, when network policies are on. None means any. Which pods accept them is up to the pods' own policies."
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
