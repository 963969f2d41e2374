# Null means the default of the module that takes the variable, which also validates it.

variable "app" {
  description = "The application, as module app takes it."
  type = object({
    image         = string
    namespace     = optional(string)
    hostnames     = optional(list(string))
    drain_seconds = optional(number)

    min_replicas                   = optional(number)
    priority_class_name            = optional(string)
    unreachable_toleration_seconds = optional(number)
  })
  nullable = false
}

variable "adapter" {
  description = "The adapter, as module adapter takes it. It runs in Prometheus' namespace unless namespace is set."
  type = object({
    profile          = optional(string)
    program          = optional(string)
    name             = optional(string)
    namespace        = optional(string)
    image            = optional(string)
    config_map       = optional(string)
    config_key       = optional(string)
    cert_manager     = optional(bool)
    chart            = optional(string)
    chart_repository = optional(string)
    chart_version    = optional(string)
    extra_values     = optional(list(string))

    replicas                       = optional(number)
    on_control_plane               = optional(bool)
    priority_class_name            = optional(string)
    unreachable_toleration_seconds = optional(number)
  })
  nullable = false
}

variable "autoscaler" {
  description = "How the application scales, as module autoscaler takes it."
  type = object({
    target_average_value             = number
    scrape_interval_seconds          = number
    min_replicas                     = optional(number)
    max_replicas                     = optional(number)
    rate_window_seconds              = optional(number)
    scale_up_stabilization_seconds   = optional(number)
    scale_down_stabilization_seconds = optional(number)
  })
  nullable = false
}

variable "activator" {
  description = "The activator, as module activator takes it: scales to zero while nothing is requested. It queries one Prometheus, and runs in Prometheus' namespace unless namespace is set. Null: at least one replica runs."
  type = object({
    image          = string
    prometheus_url = string
    namespace      = optional(string)
    replicas       = optional(number)
    idle_seconds   = optional(number)
    hold_seconds   = optional(number)
    max_held       = optional(number)
  })
  default = null

  validation {
    condition     = var.activator == null || coalesce(var.autoscaler.min_replicas, 1) == 1
    error_message = "min_replicas of autoscaler is ${coalesce(var.autoscaler.min_replicas, 1)}, and must be 1 with an activator: it scales from 1 to 0, and the autoscaler never goes below its minimum."
  }
}

variable "alerts" {
  description = "Install the alerts, if Prometheus is installed here and the adapter is in its namespace."
  type        = bool
  default     = true
  nullable    = false
}

variable "network" {
  description = "Network policies, as the modules app and adapter take them."
  type = object({
    policies             = optional(bool)
    monitoring_namespace = optional(string)
    pod_cidr             = optional(string)
    api_server_cidrs     = optional(list(string))
  })
  default  = {}
  nullable = false
}

# Outputs of module ingress. Each is a variable of its own: as one object, whatever needs only the Gateway
# would also wait for NGINX.

variable "ingress_namespace" {
  description = "Namespace of NGINX, which must outlive the adapter."
  type        = string
  nullable    = false
}

variable "exposure" {
  description = "How the application is published: httpRoute or ingress."
  type        = string
  nullable    = false
}

variable "ingress_class" {
  description = "IngressClass that NGINX serves."
  type        = string
  default     = null
}

variable "gateway_name" {
  description = "Gateway of the application's route; null where it is published by Ingress."
  type        = string
  default     = null
}

variable "gateway_namespace" {
  description = "Namespace of that Gateway."
  type        = string
  default     = null
}

variable "proxy_keepalive_seconds" {
  description = "Seconds for which a replaced NGINX may still use connections."
  type        = number
  default     = null
}

variable "ingress_metrics" {
  description = "Metrics endpoint of NGINX's control process; null when it was there before."
  type = object({
    namespace    = string
    labels       = map(string)
    metrics_port = string
  })
  default = null
}

# Outputs of module monitoring, also as single variables: the application needs only the definitions of
# monitors, and is installed before Prometheus on purpose.

variable "monitoring_namespace" {
  description = "Namespace of the operator and Prometheus."
  type        = string
  nullable    = false
}

variable "release_label" {
  description = "Value of the label \"release\" that a ServiceMonitor must carry."
  type        = string
  nullable    = false
}

variable "prometheus_url" {
  description = "URL of Prometheus inside the cluster, or several of them, as module adapter takes them."
  type        = string
  nullable    = false
}

variable "prometheus_service_account" {
  description = "Service account of Prometheus; null when it was there before."
  type        = string
  default     = null
}

variable "prometheus_port" {
  description = "Name of the container port of Prometheus' page; null when it was there before."
  type        = string
  default     = null
}

variable "operator_name" {
  description = "Label app.kubernetes.io/name of the operator's pods; null when it was there before."
  type        = string
  default     = null
}
