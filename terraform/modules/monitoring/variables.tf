variable "namespace" {
  description = "Namespace to create for the operator and Prometheus."
  type        = string
  default     = "monitoring"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$", var.namespace))
    error_message = "namespace must be a DNS label of at most 63 characters, such as \"monitoring\"."
  }
}

variable "crds_chart" {
  description = "Directory of a chart whose templates are the Prometheus Operator's custom resource definitions."
  type        = string
  nullable    = false

  validation {
    condition     = fileexists("${var.crds_chart}/Chart.yaml")
    error_message = "crds_chart must be a chart directory: there is no ${var.crds_chart}/Chart.yaml."
  }
}

variable "operator_image" {
  description = "Image of the Prometheus Operator, with its tag."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^([^/\\s]+/)*[^/:@\\s]+:[^/:@\\s]+(@sha256:[0-9a-f]{64})?$", var.operator_image))
    error_message = "operator_image must be an image with a tag, such as \"quay.io/prometheus-operator/prometheus-operator:v1.2.3\"."
  }
}

variable "config_reloader_image" {
  description = "Image of the config reloader that the operator puts beside Prometheus, with its tag (the operator's)."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^([^/\\s]+/)*[^/:@\\s]+:[^/:@\\s]+(@sha256:[0-9a-f]{64})?$", var.config_reloader_image))
    error_message = "config_reloader_image must be an image with a tag, such as \"quay.io/prometheus-operator/prometheus-config-reloader:v1.2.3\"."
  }
}

variable "prometheus_image" {
  description = "Image of Prometheus. Its tag must be Prometheus' version, with or without a leading v: the operator configures Prometheus for that version."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^([^/\\s]+/)*[^/:@\\s]+:v?\\d+\\.\\d+\\.\\d+[^/:@\\s]*(@sha256:[0-9a-f]{64})?$", var.prometheus_image))
    error_message = "prometheus_image must be an image whose tag is a version, such as \"quay.io/prometheus/prometheus:v1.2.3\"."
  }
}

variable "release_label" {
  description = "Value of the label \"release\" by which Prometheus selects ServiceMonitors, PodMonitors, Probes and PrometheusRules."
  type        = string
  default     = "prometheus"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$", var.release_label))
    error_message = "release_label must be a label value of 1 to 63 letters, digits, dashes, underscores and dots, such as \"prometheus\"."
  }
}

variable "scrape_interval_seconds" {
  description = "Seconds between two scrapes of a target whose monitor names no interval."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.scrape_interval_seconds >= 1 && var.scrape_interval_seconds <= 300 && floor(var.scrape_interval_seconds) == var.scrape_interval_seconds
    error_message = "scrape_interval_seconds must be a whole number from 1 to 300, such as 30."
  }
}

variable "evaluation_interval_seconds" {
  description = "Seconds between two evaluations of recording and alerting rules."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.evaluation_interval_seconds >= 1 && var.evaluation_interval_seconds <= 300 && floor(var.evaluation_interval_seconds) == var.evaluation_interval_seconds
    error_message = "evaluation_interval_seconds must be a whole number from 1 to 300, such as 30."
  }
}

variable "retention_hours" {
  description = "Hours that samples are kept. They live in the pod and are lost with it."
  type        = number
  default     = 6
  nullable    = false

  validation {
    condition     = var.retention_hours >= 1 && var.retention_hours <= 168 && floor(var.retention_hours) == var.retention_hours
    error_message = "retention_hours must be a whole number from 1 to 168 (a week), such as 6."
  }
}

variable "node_port" {
  description = "Port on every node that leads to Prometheus' page; null keeps it inside the cluster. The page asks for no password."
  type        = number
  default     = null

  validation {
    condition     = var.node_port == null ? true : var.node_port >= 30000 && var.node_port <= 32767 && floor(var.node_port) == var.node_port
    error_message = "node_port must be null or a whole number from 30000 to 32767, Kubernetes' range for node ports; 30090 is a good one."
  }
}

variable "network_policies" {
  description = "Allow only the adapter and people outside of the cluster to ask Prometheus, Prometheus to scrape pods, and both it and its operator to reach the API server. Takes a network plugin that enforces policies; others ignore them."
  type        = bool
  default     = false
  nullable    = false
}

variable "pod_cidr" {
  description = "Addresses of the cluster's pods. Whoever has another one is outside: a person at a node port, or the API server."
  type        = string
  default     = "10.244.0.0/16"
  nullable    = false

  validation {
    condition     = can(cidrhost(var.pod_cidr, 0))
    error_message = "pod_cidr must be a range of addresses in CIDR notation, such as \"10.244.0.0/16\"."
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
