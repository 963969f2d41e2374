variable "namespace" {
  description = "Namespace of Prometheus, its operator and prometheus-adapter."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$", var.namespace))
    error_message = "namespace must be a DNS label of at most 63 characters, such as \"monitoring\"."
  }
}

variable "release_label" {
  description = "Value of the label \"release\" by which Prometheus selects monitors and rules."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$", var.release_label))
    error_message = "release_label must be a label value of 1 to 63 letters, digits, dashes, underscores and dots, such as \"prometheus\"."
  }
}

variable "prometheus_service_account" {
  description = "Service account of Prometheus. It is allowed to read /metrics of the adapter, which refuses all others."
  type        = string
  default     = "prometheus"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$", var.prometheus_service_account))
    error_message = "prometheus_service_account must be the name of a Kubernetes object, such as \"prometheus\"."
  }
}

variable "adapter_name" {
  description = "Service of prometheus-adapter, in namespace. Its authority is in the Secret <name>-tls."
  type        = string
  default     = "prometheus-adapter"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$", var.adapter_name))
    error_message = "adapter_name must be the name of a Service, such as \"prometheus-adapter\"."
  }
}

variable "prometheus_port" {
  description = "Name of the container port of Prometheus' page. Null means web, as in module monitoring's profile bundled."
  type        = string
  default     = null

  validation {
    condition     = var.prometheus_port == null ? true : can(regex("^[a-z0-9]([-a-z0-9]{0,13}[a-z0-9])?$", var.prometheus_port))
    error_message = "prometheus_port must be null or the name of a port, such as \"http-web\"."
  }
}

variable "operator_name" {
  description = "Label app.kubernetes.io/name of the Prometheus Operator's pods. Null means prometheus-operator, as in module monitoring's profile bundled."
  type        = string
  default     = null

  validation {
    condition     = var.operator_name == null ? true : can(regex("^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$", var.operator_name))
    error_message = "operator_name must be null or a label value, such as \"kube-prometheus-stack-prometheus-operator\"."
  }
}

variable "adapter_verified" {
  description = "Verify the adapter by the authority in its Secret when it is scraped. False where it has drawn its own certificate, as the community's chart has it do."
  type        = bool
  default     = true
  nullable    = false
}

variable "ingress" {
  description = "Where NGINX is: its namespace, the labels of its pods, and the name of the container port with its metrics. Null watches no ingress."
  type = object({
    namespace    = string
    labels       = map(string)
    metrics_port = string
  })
  default = null

  validation {
    condition     = var.ingress == null ? true : length(var.ingress.labels) > 0
    error_message = "ingress.labels is empty and would select every pod of the namespace; give at least one label, such as { \"app.kubernetes.io/name\" = \"nginx-gateway-fabric\" }."
  }
}

variable "autoscalers" {
  description = "What is scaled on the rate of a counter: namespace, Deployment, counter, target per pod in events per second, and the highest number of pods."
  type = list(object({
    namespace            = string
    deployment           = string
    counter              = string
    target_average_value = number
    max_replicas         = number
  }))
  default  = []
  nullable = false

  validation {
    condition     = alltrue([for a in var.autoscalers : can(regex("^[a-zA-Z_:][a-zA-Z0-9_:]*$", a.counter))])
    error_message = "counter of each autoscaler must be a Prometheus metric name without a selector, such as \"heavywork_requests_total\"."
  }

  validation {
    condition     = alltrue([for a in var.autoscalers : a.target_average_value >= 0.001 && a.max_replicas >= 1])
    error_message = "target_average_value of each autoscaler must be at least 0.001 and max_replicas at least 1, such as 10 and 5."
  }
}

variable "activator" {
  description = "An activator scales workloads to zero: add its alerts, and do not treat zero replicas as a fault. Of autoscalers, this covers those whose Service has the Deployment's name."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = !var.activator || length(var.autoscalers) > 0
    error_message = "activator is true and autoscalers is []: list in autoscalers what the activator scales to zero, or alerts treat zero replicas as a fault."
  }
}

variable "scrape_interval_seconds" {
  description = "Seconds between scrapes of the parts, and between evaluations of the rules. The application has an interval of its own."
  type        = number
  default     = 15
  nullable    = false

  validation {
    condition     = var.scrape_interval_seconds >= 1 && var.scrape_interval_seconds <= 30 && floor(var.scrape_interval_seconds) == var.scrape_interval_seconds
    error_message = "scrape_interval_seconds must be a whole number from 1 to 30, such as 15: rates over one minute need two scrapes at least."
  }
}

variable "pending_seconds" {
  description = "Seconds for which something must be wrong before an alert fires. Longer than a restart takes, or every restart rings."
  type        = number
  default     = 60
  nullable    = false

  validation {
    condition     = var.pending_seconds >= 0 && var.pending_seconds <= 3600 && floor(var.pending_seconds) == var.pending_seconds
    error_message = "pending_seconds must be a whole number from 0 to 3600, such as 60."
  }
}

variable "runbook_url" {
  description = "Page with one section for each alert; the section's name is appended."
  type        = string
  default     = "https://github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/blob/main/docs/runbooks.md"
  nullable    = false

  validation {
    condition     = can(regex("^https?://[^\\s#]+$", var.runbook_url))
    error_message = "runbook_url must start with http:// or https:// and have no fragment, such as \"https://example.org/runbooks\"."
  }
}
