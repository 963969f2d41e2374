# What to run

variable "images" {
  description = "Images of everything that is not the application, each with its tag. Prometheus' tag must be its version."
  type = object({
    prometheus                 = string
    prometheus_operator        = string
    prometheus_config_reloader = string
    prometheus_adapter         = string
    nginx_gateway_fabric       = string
    nginx                      = string
  })
  nullable = false
}

variable "charts" {
  description = "Which charts to install. bundled: this repository's own, and NGINX Gateway Fabric's from chart_dirs. upstream: NGINX Ingress Controller, kube-prometheus-stack and prometheus-adapter, from their repositories."
  type        = string
  default     = "bundled"
  nullable    = false

  validation {
    condition     = contains(["bundled", "upstream"], var.charts)
    error_message = "charts is \"${var.charts}\"; it must be \"bundled\" or \"upstream\"."
  }
}

variable "ingress_profile" {
  description = "Profile of module ingress, if it differs from charts: bundled, upstream (NGINX Ingress Controller) or upstream-gateway (current NGINX Gateway Fabric). Null follows charts."
  type        = string
  default     = null

  validation {
    condition     = var.ingress_profile == null ? true : contains(["bundled", "upstream", "upstream-gateway"], var.ingress_profile)
    error_message = "ingress_profile must be null, \"bundled\", \"upstream\" or \"upstream-gateway\"."
  }
}

variable "gateway_api_chart" {
  description = "With the ingress profile upstream-gateway, directory of a chart with the Gateway API's definitions; null means that the cluster has them."
  type        = string
  default     = null
}

variable "monitoring_profile" {
  description = "Profile of module monitoring, if it differs from charts: bundled or upstream. Null follows charts."
  type        = string
  default     = null

  validation {
    condition     = var.monitoring_profile == null ? true : contains(["bundled", "upstream"], var.monitoring_profile)
    error_message = "monitoring_profile must be null, \"bundled\" or \"upstream\"."
  }
}

variable "adapter_profile" {
  description = "Profile of module adapter, if it differs from charts: bundled or upstream. Null follows charts."
  type        = string
  default     = null

  validation {
    condition     = var.adapter_profile == null ? true : contains(["bundled", "upstream"], var.adapter_profile)
    error_message = "adapter_profile must be null, \"bundled\" or \"upstream\"."
  }
}

variable "adapter_program" {
  description = "With the adapter's profile bundled, the program that serves the metric: adapter, this project's own, or prometheus-adapter, which it succeeds."
  type        = string
  default     = "adapter"
  nullable    = false

  validation {
    condition     = contains(["adapter", "prometheus-adapter"], var.adapter_program)
    error_message = "adapter_program is \"${var.adapter_program}\"; it must be \"adapter\" or \"prometheus-adapter\"."
  }
}

variable "monitoring_extra_values" {
  description = "Values for the chart of Prometheus, as YAML documents, merged last: for settings that have no variable here."
  type        = list(string)
  default     = null
}

variable "upstream_charts_dir" {
  description = "Directory with copies of the upstream charts (nginx-ingress, kube-prometheus-stack with its dependencies, prometheus-adapter), for machines that cannot reach chart repositories. Null uses the repositories."
  type        = string
  default     = null

  validation {
    condition     = var.upstream_charts_dir == null ? true : startswith(var.upstream_charts_dir, "/")
    error_message = "upstream_charts_dir must be an absolute path, such as \"/srv/charts\"."
  }
}

variable "upstream_images" {
  description = "Make kube-prometheus-stack and prometheus-adapter use the images in images instead of their own, for clusters that cannot reach image registries."
  type        = bool
  default     = false
  nullable    = false
}

variable "grafana" {
  description = "Install Grafana with kube-prometheus-stack, and the dashboard."
  type        = bool
  default     = true
  nullable    = false
}

variable "kube_state_metrics" {
  description = "Install kube-state-metrics with kube-prometheus-stack; it provides the dashboard's replicas and targets."
  type        = bool
  default     = true
  nullable    = false
}

variable "chart_dirs" {
  description = "Directories of the charts that are not part of this repository and come from no chart repository: NGINX Gateway Fabric as its module has it, and the custom resource definitions of ingress and monitoring as charts."
  type = object({
    nginx_gateway_fabric = string
    ingress_crds         = string
    monitoring_crds      = string
  })
  nullable = false
}

variable "app_image" {
  description = "Image of the application, with its tag."
  type        = string
  nullable    = false
}

variable "adapter_image" {
  description = "Image of this project's adapter, with its tag; required by adapter_program \"adapter\" if the adapter's profile is bundled."
  type        = string
  default     = null
}

variable "activator_image" {
  description = "Image of the activator, with its tag; required by scale_to_zero."
  type        = string
  default     = null
}

variable "loadgen_image" {
  description = "Image of the load generator, with its tag; required by loadgen."
  type        = string
  default     = null
}

variable "loadgen" {
  description = "Load that pods in the cluster send, through NGINX. Null sends none. Any change sends a new one; to repeat the same load, change run."
  type = object({
    path    = optional(string, "/heavywork")
    profile = optional(string)
    pods    = optional(number)
    seed    = optional(number)
    run     = optional(string)
  })
  default = null

  validation {
    condition     = var.loadgen == null || var.loadgen_image != null
    error_message = "loadgen needs loadgen_image, an image of the load generator such as \"localhost/loadgen:1.2.3\": make env sets it."
  }

  validation {
    condition     = var.loadgen == null ? true : can(regex("^/\\S*$", var.loadgen.path))
    error_message = "path of loadgen must begin with a slash, such as \"/heavywork\"."
  }
}

# Published ports

variable "http_node_port" {
  description = "Port on the node that leads to NGINX. The kind cluster publishes it on 127.0.0.1."
  type        = number
  default     = 30080
  nullable    = false
}

variable "prometheus_node_port" {
  description = "Port on the node that leads to Prometheus' page. The kind cluster publishes it on 127.0.0.1. Null keeps it inside the cluster."
  type        = number
  default     = 30090
}

# Network policies

variable "network_policies" {
  description = "Refuse all connections that are not part of the architecture. kind's own network plugin enforces this, and so does a node built from source. Without effect unless all parts are bundled: third-party charts have no suitable policies."
  type        = bool
  default     = true
  nullable    = false
}

variable "pod_cidr" {
  description = "Addresses of the cluster's pods, for the network policies: any other address is outside."
  type        = string
  default     = "10.244.0.0/16"
  nullable    = false
}

variable "api_server_cidrs" {
  description = "Address ranges of the API server, for the network policies. A node may get another address when it restarts, so these are the private ranges that container engines use."
  type        = list(string)
  default     = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"]
  nullable    = false
}

# How requests survive changes: docs/lossless.md. These three depend on each other, and the plan refuses
# values that do not fit.

variable "keepalive_min_timeout_seconds" {
  description = "Seconds after an answer during which NGINX never closes the connection. Clients should close idle ones sooner."
  type        = number
  default     = 5
  nullable    = false
}

variable "app_drain_seconds" {
  description = "Seconds for which a replica keeps serving after the stop signal; at least 5 more than keepalive_min_timeout_seconds."
  type        = number
  default     = 10
  nullable    = false

  validation {
    condition     = var.app_drain_seconds >= var.keepalive_min_timeout_seconds + 5
    error_message = "app_drain_seconds is ${var.app_drain_seconds}, and must be at least ${var.keepalive_min_timeout_seconds + 5}: 5 more than keepalive_min_timeout_seconds."
  }
}

variable "ingress_drain_seconds" {
  description = "Seconds for which NGINX keeps accepting connections after its pod is told to stop."
  type        = number
  default     = 10
  nullable    = false
}

# High availability.

variable "ha" {
  description = "Run two of everything, on different nodes and in different zones where possible: Prometheus, adapter, NGINX and at least two pods of the application. Adds disruption budgets, a priority class, and a shorter time on a node that is lost."
  type        = bool
  default     = false
  nullable    = false
}

variable "sample_volumes" {
  description = "With ha and the bundled charts, where the samples of each Prometheus are: the path of an existing directory, by the name of its node, such as { hpa-worker = \"/var/local\", hpa-worker2 = \"/var/local\" }. Empty: samples are kept in the pods."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "unreachable_toleration_seconds" {
  description = "With ha, seconds for which a pod stays on a node that is not ready or unreachable, before it is replaced on another node. Null means the cluster's default."
  type        = number
  default     = 10
}

# How it scales. The defaults depend on each other: the window has five scrapes, so that a rate still has
# the two samples it needs if two are late or missed, and the stabilization before scaling down spans six
# windows, so that a lull in the load removes no pods. docs/benchmarks has the effect of each.

variable "target_requests_per_second" {
  description = "Target for the requests to /heavywork per second and pod."
  type        = number
  default     = 10
  nullable    = false
}

variable "min_replicas" {
  description = "Minimum number of pods. Null means 1, and 2 with ha."
  type        = number
  default     = null

  validation {
    condition     = !var.ha || coalesce(var.min_replicas, 2) >= 2
    error_message = "min_replicas is ${coalesce(var.min_replicas, 2)}, and must be at least 2 with ha: draining its node would evict the only pod. Leave it out, or raise it."
  }
}

variable "scale_to_zero" {
  description = "Scale to zero when there has been no request for idle_seconds. The activator, which is installed for this, holds the next request until a pod is ready."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = !var.scale_to_zero || var.activator_image != null
    error_message = "scale_to_zero needs activator_image, an image of the activator such as \"localhost/activator:1.2.3\": make env sets it."
  }

  validation {
    condition     = !var.scale_to_zero || coalesce(var.min_replicas, var.ha ? 2 : 1) == 1
    error_message = "min_replicas is ${coalesce(var.min_replicas, var.ha ? 2 : 1)}, and must be 1 with scale_to_zero: the activator scales from 1 to 0. Leave it out, and ha as well."
  }
}

variable "idle_seconds" {
  description = "With scale_to_zero, seconds without a request before the last pod is removed."
  type        = number
  default     = 300
  nullable    = false
}

variable "max_replicas" {
  description = "Maximum number of pods."
  type        = number
  default     = 5
  nullable    = false
}

variable "scrape_interval_seconds" {
  description = "Seconds between scrapes of the application."
  type        = number
  default     = 1
  nullable    = false
}

variable "rate_window_seconds" {
  description = "Window of the request rate, in seconds; at least two scrapes."
  type        = number
  default     = 5
  nullable    = false
}

variable "scale_up_stabilization_seconds" {
  description = "Seconds over which the lowest recommendation counts before pods are added. 0 adds at once."
  type        = number
  default     = 0
  nullable    = false
}

variable "scale_down_stabilization_seconds" {
  description = "Seconds over which the highest recommendation counts before pods are removed."
  type        = number
  default     = 30
  nullable    = false
}
