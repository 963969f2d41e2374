# What to scale

variable "namespace" {
  description = "Namespace of the Deployment."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$", var.namespace))
    error_message = "namespace must be a DNS label of at most 63 characters, such as \"app\"."
  }
}

variable "deployment" {
  description = "Deployment to scale. The autoscaler gets the same name."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]([-a-z0-9]{0,40}[a-z0-9])?$", var.deployment))
    error_message = "deployment must be a DNS label of at most 42 characters (Helm allows 53 for a release, which is called <deployment>-autoscaler), such as \"heavywork\"."
  }
}

variable "min_replicas" {
  description = "Minimum number of pods."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.min_replicas >= 1 && floor(var.min_replicas) == var.min_replicas
    error_message = "min_replicas must be a whole number of at least 1: without a pod there is no counter to scale on."
  }
}

variable "max_replicas" {
  description = "Maximum number of pods."
  type        = number
  default     = 5
  nullable    = false

  validation {
    condition     = var.max_replicas >= var.min_replicas && floor(var.max_replicas) == var.max_replicas
    error_message = "max_replicas is ${var.max_replicas}; it must be a whole number and not below min_replicas (${var.min_replicas})."
  }
}

# The metrics

variable "counter" {
  description = "Counter in Prometheus, one series or more for each pod, with the labels namespace and pod. Null if only external_metrics are used."
  type        = string
  default     = null

  validation {
    condition     = var.counter == null ? length(var.external_metrics) > 0 : can(regex("^[a-zA-Z_:][a-zA-Z0-9_:]*$", var.counter))
    error_message = "counter must be a Prometheus metric name without a selector: letters, digits, underscores and colons, not starting with a digit, such as \"heavywork_requests_total\". It may be left out only when external_metrics has something to scale on."
  }
}

variable "metric" {
  description = "Name under which custom.metrics.k8s.io serves the counter's rate, per second. Required with counter."
  type        = string
  default     = null

  validation {
    condition     = var.metric == null || var.counter == null ? var.metric == null && var.counter == null : can(regex("^[a-zA-Z_][a-zA-Z0-9_]*$", var.metric))
    error_message = "metric must be given together with counter, and consist of letters, digits and underscores and not start with a digit, such as \"heavywork_requests_per_second\": it becomes part of a path in the Kubernetes API."
  }
}

variable "target_average_value" {
  description = "Target rate per pod, in events per second. Required with counter."
  type        = number
  default     = null

  validation {
    condition     = var.target_average_value == null || var.counter == null ? var.target_average_value == null && var.counter == null : var.target_average_value >= 0.001
    error_message = "target_average_value must be given together with counter, and be at least 0.001 per second, the smallest quantity that Kubernetes supports, such as 10."
  }
}

variable "scale_on" {
  description = "The objects that the counters' rates describe: \"pod\", one value for each pod, or \"workload\", one value for the Service in front of the pods, however many there are."
  type        = string
  default     = "pod"
  nullable    = false

  validation {
    condition     = contains(["pod", "workload"], var.scale_on)
    error_message = "scale_on is \"${var.scale_on}\"; it must be \"pod\" or \"workload\"."
  }
}

variable "service" {
  description = "Service through which Prometheus scrapes the pods, the label service of their series. Only for scale_on = \"workload\", where null means the Deployment's name."
  type        = string
  default     = null

  validation {
    condition     = var.service == null ? true : var.scale_on == "workload" && can(regex("^[a-z]([-a-z0-9]*[a-z0-9])?$", var.service)) && length(var.service) <= 63
    error_message = "service must be the name of a Service, such as \"heavywork\", and goes with scale_on = \"workload\" only."
  }
}

variable "more_counters" {
  description = "Further counters of the same pods. The autoscaler follows the metric that needs the most replicas. metric is the name under which the rate per second is served; rate_window_seconds defaults to the first counter's."
  type = list(object({
    counter              = string
    metric               = string
    target_average_value = number
    rate_window_seconds  = optional(number)
  }))
  default  = []
  nullable = false

  validation {
    condition = alltrue([for m in var.more_counters :
      can(regex("^[a-zA-Z_:][a-zA-Z0-9_:]*$", m.counter)) && can(regex("^[a-zA-Z_][a-zA-Z0-9_]*$", m.metric)) && m.target_average_value >= 0.001
    ])
    error_message = "more_counters must hold counters and metrics that are Prometheus metric names without a selector, each with a target_average_value of at least 0.001 per second, such as { counter = \"jobs_total\", metric = \"jobs_per_second\", target_average_value = 5 }."
  }

  validation {
    condition = alltrue([for m in var.more_counters :
      coalesce(m.rate_window_seconds, var.rate_window_seconds) >= 2 * var.scrape_interval_seconds &&
      floor(coalesce(m.rate_window_seconds, var.rate_window_seconds)) == coalesce(m.rate_window_seconds, var.rate_window_seconds)
    ])
    error_message = "rate_window_seconds of more_counters must be a whole number of at least two scrapes, which are ${2 * var.scrape_interval_seconds} s: a rate needs two samples inside its window."
  }

  validation {
    condition     = length(distinct(concat([for m in var.more_counters : m.metric], var.metric[*]))) == length(var.more_counters) + length(var.metric[*])
    error_message = "more_counters must give each metric a name of its own, other than metric."
  }
}

variable "external_metrics" {
  description = "Metrics that describe no object in the cluster, such as the length of a queue. series is a series in Prometheus, metric its name in external.metrics.k8s.io, which the adapter must claim. query reduces the series to one number; namespaced limits it to series from the Deployment's namespace, by their label namespace. target_average_value is per pod, target_value for all pods together: set one of them."
  type = list(object({
    series               = string
    metric               = string
    query                = optional(string, "sum(<<.Series>>{<<.LabelMatchers>>})")
    namespaced           = optional(bool, false)
    target_average_value = optional(number)
    target_value         = optional(number)
  }))
  default  = []
  nullable = false

  validation {
    condition = alltrue([for m in var.external_metrics :
      can(regex("^[a-zA-Z_:][a-zA-Z0-9_:]*$", m.series)) && can(regex("^[a-z]([-a-z0-9_.]*[a-z0-9])?$", m.metric))
    ])
    error_message = "external_metrics must name a series without a selector, such as \"queue_messages_ready\", and a metric in lower case, such as \"queue_length\": it becomes part of a path in the Kubernetes API, and the autoscaler requests it in lower case."
  }

  validation {
    condition = alltrue([for m in var.external_metrics :
      (m.target_average_value == null) != (m.target_value == null) && coalesce(m.target_average_value, m.target_value, 0) >= 0.001
    ])
    error_message = "each of external_metrics must have either target_average_value (per pod) or target_value (for all pods together), of at least 0.001, such as { series = \"queue_messages_ready\", metric = \"queue_length\", target_average_value = 30 }."
  }

  validation {
    condition     = length(distinct(var.external_metrics[*].metric)) == length(var.external_metrics)
    error_message = "external_metrics must give each metric a name of its own."
  }
}

# How fast it scales

variable "scrape_interval_seconds" {
  description = "Seconds between scrapes of the counter, as set in its ServiceMonitor. Used only to check windows, here and in the rule."
  type        = number
  nullable    = false

  validation {
    condition     = var.scrape_interval_seconds >= 1
    error_message = "scrape_interval_seconds must be at least 1, such as 1 or 15."
  }
}

variable "rate_window_seconds" {
  description = "Window of the rate, in seconds. A longer one is steadier, a shorter one reacts faster."
  type        = number
  default     = 5
  nullable    = false

  validation {
    condition     = var.rate_window_seconds >= 2 * var.scrape_interval_seconds && floor(var.rate_window_seconds) == var.rate_window_seconds
    error_message = "rate_window_seconds is ${var.rate_window_seconds}; it must be a whole number of at least two scrapes, which are ${2 * var.scrape_interval_seconds} s at scrape_interval_seconds = ${var.scrape_interval_seconds}: a rate needs two samples inside its window. Four scrapes or more leave room for a late or a missed one."
  }
}

variable "recording_interval_seconds" {
  description = "Seconds between evaluations of a recording rule for each pod's rate. Null creates no such rule: the rate is computed for each request. Worthwhile if the counter has many series for each pod, or the rate is queried often. It requires Prometheus Operator, and adds up to its interval to the age of the rate."
  type        = number
  default     = null

  validation {
    condition     = var.recording_interval_seconds == null ? true : var.recording_interval_seconds >= 1 && var.recording_interval_seconds <= var.rate_window_seconds && floor(var.recording_interval_seconds) == var.recording_interval_seconds
    error_message = "recording_interval_seconds must be null or a whole number from 1 to rate_window_seconds (${var.rate_window_seconds}), such as scrape_interval_seconds: a rate that is older than its own window is useless."
  }

  validation {
    condition     = var.recording_interval_seconds == null || var.scale_on == "pod"
    error_message = "recording_interval_seconds records the rate of each pod, which scale_on = \"workload\" does not use: leave one of them out."
  }
}

variable "release_label" {
  description = "Value of the label \"release\" by which Prometheus selects the recording rule; without one it has no effect."
  type        = string
  default     = "prometheus"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$", var.release_label))
    error_message = "release_label must be a label value of 1 to 63 letters, digits, dashes, underscores and dots, such as \"prometheus\"."
  }
}

variable "scale_up_tolerance" {
  description = "Share of the target by which the average may be above it before pods are added, such as 0.05. Null means the cluster's, 0.1 by default. Requires Kubernetes 1.35 or newer; with an older one the apply fails."
  type        = number
  default     = null

  validation {
    condition     = var.scale_up_tolerance == null ? true : var.scale_up_tolerance >= 0 && var.scale_up_tolerance < 1
    error_message = "scale_up_tolerance must be a share of the target from 0 to less than 1, such as 0.05."
  }
}

variable "scale_down_tolerance" {
  description = "Share of the target by which the average may be below it before pods are removed. Otherwise like scale_up_tolerance."
  type        = number
  default     = null

  validation {
    condition     = var.scale_down_tolerance == null ? true : var.scale_down_tolerance >= 0 && var.scale_down_tolerance < 1
    error_message = "scale_down_tolerance must be a share of the target from 0 to less than 1, such as 0.2."
  }
}

variable "scale_up_stabilization_seconds" {
  description = "Seconds over which the lowest recommendation counts before pods are added. 0 adds at once."
  type        = number
  default     = 0
  nullable    = false

  validation {
    condition     = var.scale_up_stabilization_seconds >= 0 && var.scale_up_stabilization_seconds <= 3600 && floor(var.scale_up_stabilization_seconds) == var.scale_up_stabilization_seconds
    error_message = "scale_up_stabilization_seconds must be a whole number from 0 to 3600, such as 0."
  }
}

variable "scale_down_stabilization_seconds" {
  description = "Seconds over which the highest recommendation counts before pods are removed. Must be longer than pauses in the load, or the number of pods flaps."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.scale_down_stabilization_seconds >= 0 && var.scale_down_stabilization_seconds <= 3600 && floor(var.scale_down_stabilization_seconds) == var.scale_down_stabilization_seconds
    error_message = "scale_down_stabilization_seconds must be a whole number from 0 to 3600, such as 30."
  }
}

variable "scale_up_policies" {
  description = "How many pods may be added within a period: value pods (type Pods) or value percent (type Percent) within period_seconds. The policy that allows the largest change applies."
  type = list(object({
    type           = string
    value          = number
    period_seconds = number
  }))
  default = [
    { type = "Pods", value = 4, period_seconds = 15 },
    { type = "Percent", value = 100, period_seconds = 15 },
  ]
  nullable = false

  validation {
    condition = length(var.scale_up_policies) > 0 && alltrue([for p in var.scale_up_policies :
      contains(["Pods", "Percent"], p.type) && p.value >= 1 && floor(p.value) == p.value && p.period_seconds >= 1 && p.period_seconds <= 1800 && floor(p.period_seconds) == p.period_seconds
    ])
    error_message = "scale_up_policies must hold at least one policy, each with type \"Pods\" or \"Percent\", a whole value of at least 1 and period_seconds from 1 to 1800, such as { type = \"Pods\", value = 4, period_seconds = 15 }."
  }
}

variable "scale_down_policies" {
  description = "How many pods may be removed within a period: value pods (type Pods) or value percent (type Percent) within period_seconds. The policy that allows the largest change applies."
  type = list(object({
    type           = string
    value          = number
    period_seconds = number
  }))
  default = [
    { type = "Percent", value = 100, period_seconds = 15 },
  ]
  nullable = false

  validation {
    condition = length(var.scale_down_policies) > 0 && alltrue([for p in var.scale_down_policies :
      contains(["Pods", "Percent"], p.type) && p.value >= 1 && floor(p.value) == p.value && p.period_seconds >= 1 && p.period_seconds <= 1800 && floor(p.period_seconds) == p.period_seconds
    ])
    error_message = "scale_down_policies must hold at least one policy, each with type \"Pods\" or \"Percent\", a whole value of at least 1 and period_seconds from 1 to 1800, such as { type = \"Percent\", value = 100, period_seconds = 15 }."
  }
}

# The adapter

variable "adapter_namespace" {
  description = "Namespace of prometheus-adapter and its rules."
  type        = string
  default     = "monitoring"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$", var.adapter_namespace))
    error_message = "adapter_namespace must be a DNS label of at most 63 characters, such as \"monitoring\"."
  }
}

variable "adapter_config_map" {
  description = "Config map with the adapter's rules."
  type        = string
  default     = "adapter-config"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$", var.adapter_config_map))
    error_message = "adapter_config_map must be the name of a Kubernetes object, such as \"adapter-config\"."
  }
}

variable "adapter_config_key" {
  description = "Key of that config map under which the rules are."
  type        = string
  default     = "config.yaml"
  nullable    = false

  validation {
    condition     = can(regex("^[-._a-zA-Z0-9]{1,253}$", var.adapter_config_key))
    error_message = "adapter_config_key must consist of letters, digits, dashes, underscores and dots, such as \"config.yaml\"."
  }
}

variable "adapter_deployment" {
  description = "Deployment of the adapter, rolled when the rule changes, unless it reloads its rules. An empty string leaves rolling it to you."
  type        = string
  default     = "prometheus-adapter"
  nullable    = false

  validation {
    condition     = var.adapter_deployment == "" || can(regex("^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$", var.adapter_deployment))
    error_message = "adapter_deployment must be the name of a Deployment, such as \"prometheus-adapter\", or empty."
  }
}

# When the apply ends

variable "await_metric" {
  description = "Wait until the metric has a value for a pod in the namespace. Set to false when the counter appears only with the first event."
  type        = bool
  default     = true
  nullable    = false
}

variable "await_timeout_seconds" {
  description = "Seconds to wait for the adapter and the metric before the apply fails and says what is missing."
  type        = number
  default     = 180
  nullable    = false

  validation {
    condition     = var.await_timeout_seconds >= 10 && floor(var.await_timeout_seconds) == var.await_timeout_seconds
    error_message = "await_timeout_seconds must be a whole number of at least 10, such as 180."
  }
}
