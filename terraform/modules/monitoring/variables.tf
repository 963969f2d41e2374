variable "profile" {
  description = "What to install. bundled: the operator and Prometheus, from this module's own chart. upstream: kube-prometheus-stack, with Grafana. existing: nothing; your Prometheus is used."
  type        = string
  default     = "bundled"
  nullable    = false

  validation {
    condition     = contains(["bundled", "upstream", "existing"], var.profile)
    error_message = "profile is \"${var.profile}\"; it must be \"bundled\", \"upstream\" (kube-prometheus-stack) or \"existing\"."
  }
}

variable "namespace" {
  description = "Namespace for the operator and Prometheus; with the profile existing, the one they are in."
  type        = string
  default     = "monitoring"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$", var.namespace))
    error_message = "namespace must be a DNS label of at most 63 characters, such as \"monitoring\"."
  }
}

variable "create_namespace" {
  description = "Create the namespace. Set to false if it exists; the profile existing never creates it."
  type        = bool
  default     = true
  nullable    = false
}

variable "crds_chart" {
  description = "Directory of a chart whose templates are the Prometheus Operator's custom resource definitions. Required by bundled; with upstream, null means that kube-prometheus-stack installs them."
  type        = string
  default     = null

  validation {
    condition     = var.crds_chart == null ? var.profile != "bundled" : fileexists("${var.crds_chart}/Chart.yaml")
    error_message = var.crds_chart == null ? "crds_chart must be given with the profile \"bundled\": the directory of a chart with the operator's definitions." : "crds_chart must be a chart directory: there is no ${coalesce(var.crds_chart, "-")}/Chart.yaml."
  }
}

variable "operator_image" {
  description = "Image of the Prometheus Operator, with its tag. Required by bundled; null means the chart's own."
  type        = string
  default     = null

  validation {
    condition     = var.operator_image == null ? var.profile != "bundled" : can(regex("^([^/\\s]+/)+[^/:@\\s]+:[^/:@\\s]+(@sha256:[0-9a-f]{64})?$", var.operator_image))
    error_message = "operator_image must be given with the profile \"bundled\", and be an image with registry and tag, such as \"quay.io/prometheus-operator/prometheus-operator:v1.2.3\"."
  }
}

variable "config_reloader_image" {
  description = "Image of the config reloader that the operator adds to each Prometheus pod, with its tag (the operator's). Required by bundled; null means the chart's own."
  type        = string
  default     = null

  validation {
    condition     = var.config_reloader_image == null ? var.profile != "bundled" : can(regex("^([^/\\s]+/)+[^/:@\\s]+:[^/:@\\s]+(@sha256:[0-9a-f]{64})?$", var.config_reloader_image))
    error_message = "config_reloader_image must be given with the profile \"bundled\", and be an image with registry and tag, such as \"quay.io/prometheus-operator/prometheus-config-reloader:v1.2.3\"."
  }
}

variable "prometheus_image" {
  description = "Image of Prometheus. Its tag must be Prometheus' version, with or without a leading v: the operator configures Prometheus for that version. Required by bundled; null means the chart's own."
  type        = string
  default     = null

  validation {
    condition     = var.prometheus_image == null ? var.profile != "bundled" : can(regex("^([^/\\s]+/)+[^/:@\\s]+:v?\\d+\\.\\d+\\.\\d+[^/:@\\s]*(@sha256:[0-9a-f]{64})?$", var.prometheus_image))
    error_message = "prometheus_image must be given with the profile \"bundled\", and be an image with a registry whose tag is a version, such as \"quay.io/prometheus/prometheus:v1.2.3\"."
  }
}

variable "release_label" {
  description = "Value of the label \"release\" by which Prometheus selects ServiceMonitors, PodMonitors, Probes and PrometheusRules. The profile upstream uses it as the name of the Helm release, by which the chart selects."
  type        = string
  default     = "prometheus"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$", var.release_label))
    error_message = "release_label must be a label value of 1 to 63 letters, digits, dashes, underscores and dots, such as \"prometheus\"."
  }

  validation {
    condition     = var.profile != "upstream" || can(regex("^[a-z0-9]([-a-z0-9]{0,51}[a-z0-9])?$", var.release_label))
    error_message = "release_label must also be a Helm release's name with the profile \"upstream\": a DNS label of at most 53 characters, such as \"prometheus\"."
  }
}

variable "scrape_interval_seconds" {
  description = "Seconds between scrapes of a target whose monitor sets no interval."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.scrape_interval_seconds >= 1 && var.scrape_interval_seconds <= 300 && floor(var.scrape_interval_seconds) == var.scrape_interval_seconds
    error_message = "scrape_interval_seconds must be a whole number from 1 to 300, such as 30."
  }
}

variable "evaluation_interval_seconds" {
  description = "Seconds between evaluations of recording and alerting rules."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.evaluation_interval_seconds >= 1 && var.evaluation_interval_seconds <= 300 && floor(var.evaluation_interval_seconds) == var.evaluation_interval_seconds
    error_message = "evaluation_interval_seconds must be a whole number from 1 to 300, such as 30."
  }
}

variable "retention_hours" {
  description = "Hours that samples are kept. They are kept in the pod and lost with it, unless there are sample_volumes or a storage_class."
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
    error_message = "node_port must be null or a whole number from 30000 to 32767, Kubernetes' range for node ports, such as 30090."
  }
}

# High availability

variable "replicas" {
  description = "Number of Prometheus pods, each of which scrapes everything. From 2 on each has a Service of its own (prometheus_urls), they prefer different nodes and zones, and a drain evicts one at a time."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.replicas >= 1 && var.replicas <= 9 && floor(var.replicas) == var.replicas
    error_message = "replicas must be a whole number from 1 to 9, such as 2."
  }
}

variable "ready_after_seconds" {
  description = "Seconds for which Prometheus must answer probes before it is ready: the time until the first scrapes, and the longest window of a rate. While one replica has no full window yet, the other is neither updated nor evicted by a drain. Null: it is ready with its first answer."
  type        = number
  default     = null

  validation {
    condition     = var.ready_after_seconds == null ? true : var.ready_after_seconds >= 1 && var.ready_after_seconds <= 600 && floor(var.ready_after_seconds) == var.ready_after_seconds
    error_message = "ready_after_seconds must be null or a whole number from 1 to 600, such as 16."
  }
}

variable "sample_volumes" {
  description = "With the profile bundled, where the samples of each Prometheus are: the path of an existing directory, by the name of its node. Such a Prometheus runs only on that node; if the node is lost, its pod waits for it. Empty: samples are kept in the pod."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for path in values(var.sample_volumes) : startswith(path, "/")])
    error_message = "sample_volumes must have absolute paths, such as { worker-1 = \"/var/local\" }."
  }

  validation {
    condition     = length(var.sample_volumes) == 0 || (var.profile == "bundled" && length(var.sample_volumes) >= var.replicas)
    error_message = "sample_volumes has ${length(var.sample_volumes)} nodes; there must be one for each of the ${var.replicas} replicas, or none, and the profile must be \"bundled\": with \"upstream\", give a storage_class."
  }
}

variable "storage_class" {
  description = "With the profile upstream, StorageClass of a volume for the samples of each Prometheus. Null: samples are kept in the pod."
  type        = string
  default     = null

  validation {
    condition     = var.storage_class == null ? true : var.profile == "upstream" && can(regex("^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$", var.storage_class))
    error_message = "storage_class must be the name of a StorageClass, such as \"standard\", and the profile \"upstream\"; with \"bundled\", give sample_volumes."
  }
}

variable "storage_gibibytes" {
  description = "Size of that volume, in GiB."
  type        = number
  default     = 10
  nullable    = false

  validation {
    condition     = var.storage_gibibytes >= 1 && floor(var.storage_gibibytes) == var.storage_gibibytes
    error_message = "storage_gibibytes must be a whole number of at least 1, such as 10."
  }
}

variable "priority_class_name" {
  description = "PriorityClass of the operator and of Prometheus. Null sets none."
  type        = string
  default     = null

  validation {
    condition     = var.priority_class_name == null ? true : can(regex("^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$", var.priority_class_name))
    error_message = "priority_class_name must be null or the name of a PriorityClass, such as \"autoscaling\"."
  }
}

variable "unreachable_toleration_seconds" {
  description = "Seconds for which the operator stays on a node that is not ready or unreachable. Null means the cluster's default, which is 300 unless it was changed. Kubernetes does not replace a Prometheus pod while it may still run."
  type        = number
  default     = null

  validation {
    condition     = var.unreachable_toleration_seconds == null ? true : var.unreachable_toleration_seconds >= 0 && floor(var.unreachable_toleration_seconds) == var.unreachable_toleration_seconds
    error_message = "unreachable_toleration_seconds must be null or a whole number of at least 0, such as 10."
  }
}

# The chart of the profile upstream

variable "chart" {
  description = "Chart of the profile upstream: its name in the repository, or a path that begins with / or a dot. Null means kube-prometheus-stack."
  type        = string
  default     = null

  validation {
    condition     = var.chart == null ? true : can(regex("^[./]", var.chart)) ? fileexists("${var.chart}/Chart.yaml") : can(regex("^[a-z0-9][-a-z0-9]*$", var.chart))
    error_message = "chart must be the name of a chart such as \"kube-prometheus-stack\", or the path of a chart directory, which holds a Chart.yaml."
  }
}

variable "chart_repository" {
  description = "Repository of that chart, https:// or oci://. Null means the community's; a chart that is a path needs none."
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
  description = "Values for the chart of the profile bundled or upstream, as YAML documents. They are merged last, so they override what this module sets, and can set what it has no variable for."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for text in var.extra_values : can(keys(yamldecode(text)))])
    error_message = "extra_values must be YAML documents with keys at the top, such as yamlencode({ alertmanager = { enabled = true } }) or file(\"values.yaml\")."
  }
}

# What the profile upstream installs besides Prometheus

variable "grafana" {
  description = "With the profile upstream, install Grafana."
  type        = bool
  default     = true
  nullable    = false
}

variable "grafana_node_port" {
  description = "Port on every node that leads to Grafana; null keeps it inside the cluster."
  type        = number
  default     = null

  validation {
    condition     = var.grafana_node_port == null ? true : var.grafana_node_port >= 30000 && var.grafana_node_port <= 32767 && floor(var.grafana_node_port) == var.grafana_node_port
    error_message = "grafana_node_port must be null or a whole number from 30000 to 32767, Kubernetes' range for node ports, such as 30030."
  }
}

variable "dashboard" {
  description = "Install the dashboard, as a config map with the label grafana_dashboard, which Grafana's sidecar selects. With the profile existing, set it if your Grafana has that sidecar. Null: if this module installs Grafana."
  type        = bool
  default     = null
}

variable "kube_state_metrics" {
  description = "With the profile upstream, install kube-state-metrics, which provides the dashboard's replicas and targets."
  type        = bool
  default     = true
  nullable    = false
}

variable "alertmanager" {
  description = "With the profile upstream, install Alertmanager. Without it, only Prometheus' page shows alerts."
  type        = bool
  default     = false
  nullable    = false
}

# Your Prometheus, with the profile existing

variable "prometheus_service" {
  description = "With the profile existing, the Service of your Prometheus in namespace. The other profiles set it themselves."
  type        = string
  default     = null

  validation {
    condition     = var.profile == "existing" ? can(regex("^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$", coalesce(var.prometheus_service, "-"))) : var.prometheus_service == null
    error_message = "prometheus_service must be the name of a Service with the profile \"existing\", such as \"prometheus-operated\", and left out with the others."
  }
}

variable "prometheus_port" {
  description = "With the profile existing, the port of that Service."
  type        = number
  default     = 9090
  nullable    = false

  validation {
    condition     = var.prometheus_port >= 1 && var.prometheus_port <= 65535 && floor(var.prometheus_port) == var.prometheus_port
    error_message = "prometheus_port must be a port from 1 to 65535, such as 9090."
  }
}

# Network policies, with the profile bundled

variable "network_policies" {
  description = "With the profile bundled, allow only the adapter and clients outside the cluster to query Prometheus, Prometheus to scrape pods, and it and its operator to reach the API server. Other profiles have no policies. Requires a network plugin that enforces policies; others ignore them."
  type        = bool
  default     = false
  nullable    = false
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
