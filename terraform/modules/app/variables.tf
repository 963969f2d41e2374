variable "name" {
  description = "Name of the Helm release and of the Deployment, Service and ServiceMonitor it creates."
  type        = string
  default     = "heavywork"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]([-a-z0-9]{0,51}[a-z0-9])?$", var.name))
    error_message = "name must start with a letter and be a DNS label of at most 53 characters (Helm's limit for a release), such as \"heavywork\"."
  }
}

variable "namespace" {
  description = "Namespace to create for the application."
  type        = string
  default     = "app"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$", var.namespace))
    error_message = "namespace must be a DNS label of at most 63 characters, such as \"app\"."
  }
}

variable "image" {
  description = "Image of the application, with its tag; a digest may follow."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^([^/\\s]+/)*[^/:@\\s]+:[^/:@\\s]+(@sha256:[0-9a-f]{64})?$", var.image))
    error_message = "image must be an image with a tag, such as \"localhost/heavywork:1.2.3\"."
  }
}

variable "exposure" {
  description = "How requests reach the application from outside: httpRoute (Gateway API), ingress or none."
  type        = string
  default     = "httpRoute"
  nullable    = false

  validation {
    condition     = contains(["httpRoute", "ingress", "none"], var.exposure)
    error_message = "exposure must be \"httpRoute\", \"ingress\" or \"none\"."
  }
}

variable "gateway_name" {
  description = "Gateway to attach the HTTPRoute to. Required when exposure is httpRoute."
  type        = string
  default     = null

  validation {
    condition     = var.exposure != "httpRoute" || (var.gateway_name != null && var.gateway_name != "")
    error_message = "gateway_name must be given when exposure is \"httpRoute\", such as module.ingress.gateway_name."
  }
}

variable "gateway_namespace" {
  description = "Namespace of that Gateway; null means the application's own."
  type        = string
  default     = null

  validation {
    condition     = var.gateway_namespace == null ? true : can(regex("^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$", var.gateway_namespace))
    error_message = "gateway_namespace must be null or a DNS label of at most 63 characters, such as \"ingress\"."
  }
}

variable "ingress_class" {
  description = "Class of the Ingress, when exposure is ingress. Empty means the cluster's default class."
  type        = string
  default     = "nginx"
  nullable    = false

  validation {
    condition     = var.ingress_class == "" || can(regex("^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$", var.ingress_class))
    error_message = "ingress_class must be empty or the name of an IngressClass, such as \"nginx\"."
  }
}

variable "hostnames" {
  description = "Host names the application is served under; none means every name."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for h in var.hostnames : can(regex("^(\\*\\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$", h))])
    error_message = "hostnames must be DNS names in lower case, such as \"heavywork.example.org\" or \"*.example.org\"."
  }
}

variable "drain_seconds" {
  description = "Seconds for which a replica keeps serving after the stop signal; at least 5 more than proxy_keepalive_seconds."
  type        = number
  default     = 10
  nullable    = false

  validation {
    condition     = var.drain_seconds >= 0 && var.drain_seconds <= 600 && floor(var.drain_seconds) == var.drain_seconds
    error_message = "drain_seconds must be a whole number from 0 to 600, such as 10."
  }

  # 5 seconds: until the proxy has dropped the replica, on a busy machine.
  validation {
    condition     = var.drain_seconds >= var.proxy_keepalive_seconds + 5
    error_message = "drain_seconds is ${var.drain_seconds}, and must be at least ${var.proxy_keepalive_seconds + 5}: the proxy needs up to 5 s to drop a replica, and may use its previous list for another proxy_keepalive_seconds (${var.proxy_keepalive_seconds}). With less, requests are lost at every scale-down."
  }
}

variable "proxy_keepalive_seconds" {
  description = "Seconds for which the proxy in front may use an outdated list of replicas: module.ingress.keepalive_min_timeout_seconds. 0 if there is no proxy, or its list is always current."
  type        = number
  default     = 5
  nullable    = false

  validation {
    condition     = var.proxy_keepalive_seconds >= 0 && var.proxy_keepalive_seconds <= 60 && floor(var.proxy_keepalive_seconds) == var.proxy_keepalive_seconds
    error_message = "proxy_keepalive_seconds must be a whole number from 0 to 60, such as module.ingress.keepalive_min_timeout_seconds."
  }
}

variable "min_replicas" {
  description = "Minimum number of replicas, which the autoscaler must ensure. From 2 on they prefer different nodes and zones, and a drain evicts one at a time."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.min_replicas >= 0 && floor(var.min_replicas) == var.min_replicas
    error_message = "min_replicas must be a whole number of at least 0, such as 2."
  }
}

variable "priority_class_name" {
  description = "PriorityClass of the replicas. Null sets none."
  type        = string
  default     = null

  validation {
    condition     = var.priority_class_name == null ? true : can(regex("^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$", var.priority_class_name))
    error_message = "priority_class_name must be null or the name of a PriorityClass, such as \"web\"."
  }
}

variable "unreachable_toleration_seconds" {
  description = "Seconds for which a replica stays on a node that is not ready or unreachable, before it is replaced on another node. Null means the cluster's default, which is 300 unless it was changed."
  type        = number
  default     = null

  validation {
    condition     = var.unreachable_toleration_seconds == null ? true : var.unreachable_toleration_seconds >= 0 && floor(var.unreachable_toleration_seconds) == var.unreachable_toleration_seconds
    error_message = "unreachable_toleration_seconds must be null or a whole number of at least 0, such as 10."
  }
}

variable "release_label" {
  description = "Value of the label \"release\" by which Prometheus selects the ServiceMonitor."
  type        = string
  default     = "prometheus"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$", var.release_label))
    error_message = "release_label must be a label value of 1 to 63 letters, digits, dashes, underscores and dots, such as \"prometheus\"."
  }
}

variable "scrape_interval_seconds" {
  description = "Seconds between scrapes of the application."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.scrape_interval_seconds >= 1 && var.scrape_interval_seconds <= 300 && floor(var.scrape_interval_seconds) == var.scrape_interval_seconds
    error_message = "scrape_interval_seconds must be a whole number from 1 to 300, such as 1."
  }
}

variable "network_policies" {
  description = "Allow only what the application needs: requests from the Gateway's namespace, scrapes by Prometheus, and nothing else to or from any pod of its namespace. Requires a network plugin that enforces policies; others ignore them."
  type        = bool
  default     = false
  nullable    = false
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
