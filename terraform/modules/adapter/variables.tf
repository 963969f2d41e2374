variable "profile" {
  description = "What to install. bundled: the adapter from this module's own chart. upstream: from the community's chart. existing: nothing; your adapter is used."
  type        = string
  default     = "bundled"
  nullable    = false

  validation {
    condition     = contains(["bundled", "upstream", "existing"], var.profile)
    error_message = "profile is \"${var.profile}\"; it must be \"bundled\", \"upstream\" (prometheus-adapter of prometheus-community) or \"existing\"."
  }
}

variable "program" {
  description = "With the profile bundled, the program in the image. adapter: this project's own, which reloads changed rules within a second. prometheus-adapter: its predecessor, whose pods are replaced for each change."
  type        = string
  default     = "adapter"
  nullable    = false

  validation {
    condition     = contains(["adapter", "prometheus-adapter"], var.program)
    error_message = "program is \"${var.program}\"; it must be \"adapter\" or \"prometheus-adapter\"."
  }
}

variable "name" {
  description = "Name of the adapter's Deployment, Service and Helm release; with the profile existing, of your Deployment."
  type        = string
  default     = "prometheus-adapter"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]([-a-z0-9]{0,51}[a-z0-9])?$", var.name))
    error_message = "name must start with a letter and be a DNS label of at most 53 characters (Helm's limit for a release), such as \"prometheus-adapter\"."
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
  description = "Image of the adapter, with its tag. Required by bundled, with the program that program names; null means the chart's own."
  type        = string
  default     = null

  validation {
    condition     = var.image == null ? var.profile != "bundled" : can(regex("^([^/\\s]+/)*[^/:@\\s]+:[^/:@\\s]+(@sha256:[0-9a-f]{64})?$", var.image))
    error_message = "image must be given with the profile \"bundled\", and be an image with a tag, such as \"registry.example.org/adapter:v1.2.3\"."
  }

  # The two programs have different flags, and the wrong one would exit at startup.
  validation {
    condition     = var.image == null || var.profile != "bundled" ? true : var.program == "prometheus-adapter" || !strcontains(var.image, "/prometheus-adapter:")
    error_message = "image is \"${coalesce(var.image, "none")}\", which is prometheus-adapter's; give an image of this project's adapter, or set program = \"prometheus-adapter\"."
  }
}

variable "prometheus_url" {
  description = "URL of Prometheus inside the cluster; program adapter takes several, separated by commas, of servers that scrape the same targets. Required unless the profile is existing."
  type        = string
  default     = null

  validation {
    condition     = var.prometheus_url == null ? var.profile == "existing" : alltrue([for url in split(",", var.prometheus_url) : can(regex("^https?://[^\\s/{,]+(/[^\\s{,]*)?$", url))]) && (!strcontains(var.prometheus_url, ",") || var.profile == "bundled" && var.program == "adapter")
    error_message = "prometheus_url must start with http:// or https:// and name a host, and be one URL unless the profile is bundled with program adapter, such as \"http://prometheus.monitoring.svc:9090\"."
  }
}

variable "prometheus_verb" {
  description = "HTTP method for the queries of prometheus-adapter, and of the profile upstream: GET or POST (program adapter chooses by itself). A query names every requested pod, and with GET it is part of the URL: use POST for hundreds of pods if there is a proxy in between, and for tens of thousands in any case."
  type        = string
  default     = "GET"
  nullable    = false

  validation {
    condition     = contains(["GET", "POST"], var.prometheus_verb)
    error_message = "prometheus_verb must be \"GET\" or \"POST\"."
  }
}

variable "config_map" {
  description = "Config map to create for the rules; with the profile existing, the one your adapter reads. The promadapter provider owns its content."
  type        = string
  default     = "adapter-config"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$", var.config_map))
    error_message = "config_map must be the name of a Kubernetes object: lower case letters, digits, dashes and dots, such as \"adapter-config\"."
  }
}

variable "config_key" {
  description = "With the profile existing, the key of that config map under which the rules are. The other profiles set it themselves."
  type        = string
  default     = "config.yaml"
  nullable    = false

  validation {
    condition     = can(regex("^[-._a-zA-Z0-9]{1,253}$", var.config_key)) && (var.profile == "existing" || var.config_key == "config.yaml")
    error_message = "config_key must consist of letters, digits, dashes, underscores and dots, such as \"config.yaml\", which is the only one that the profiles \"bundled\" and \"upstream\" support."
  }
}

variable "replicas" {
  description = "Number of adapter pods. A single one is rolled without a gap; more survive the loss of a node: they prefer different nodes and zones, and a drain evicts one at a time."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.replicas >= 1 && floor(var.replicas) == var.replicas
    error_message = "replicas must be a whole number of at least 1."
  }
}

variable "priority_class_name" {
  description = "PriorityClass of the adapter's pods. Null sets none."
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

variable "on_control_plane" {
  description = "With the profile bundled, allow and prefer a pod on control plane nodes, and make each API server use the adapter on its own node, so that the loss of a worker has no effect. Only for clusters whose API servers run on nodes, as with kubeadm and kind; a managed control plane has no node."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = !var.on_control_plane || var.profile == "bundled"
    error_message = "on_control_plane is true, and requires the profile \"bundled\": the community's chart has no setting for it."
  }
}

variable "metrics_relist_interval_seconds" {
  description = "Seconds between queries for the series that exist. It decides how soon a metric appears for the first time, not how old its values are: those are queried at every request."
  type        = number
  default     = 5
  nullable    = false

  validation {
    condition     = var.metrics_relist_interval_seconds >= 1 && floor(var.metrics_relist_interval_seconds) == var.metrics_relist_interval_seconds
    error_message = "metrics_relist_interval_seconds must be a whole number of at least 1, such as 5."
  }
}

variable "metrics_max_age_seconds" {
  description = "Seconds for which a series without new samples stays listed. A metric must survive a missed scrape, so this spans several."
  type        = number
  default     = 60
  nullable    = false

  validation {
    condition     = var.metrics_max_age_seconds >= var.metrics_relist_interval_seconds && floor(var.metrics_max_age_seconds) == var.metrics_max_age_seconds
    error_message = "metrics_max_age_seconds is ${var.metrics_max_age_seconds}; it must be a whole number and at least metrics_relist_interval_seconds (${var.metrics_relist_interval_seconds}), or the adapter refuses to start; for example 60."
  }
}

variable "client_qps" {
  description = "Requests per second that each adapter pod may send to the API server, from which prometheus-adapter lists the pods for each request for pods/*; twice as many in a burst. An autoscaler causes one per sync: every 15 seconds by default, every second in this project's kind cluster. Requests beyond that wait, and may time out."
  type        = number
  default     = 50
  nullable    = false

  validation {
    condition     = var.client_qps >= 1 && floor(var.client_qps) == var.client_qps
    error_message = "client_qps must be a whole number of at least 1, such as 50: it is a rate in requests per second."
  }
}

variable "memory_limit_mebibytes" {
  description = "Memory limit of each adapter pod, in MiB. prometheus-adapter reads all pods of an autoscaler at every request, and lists all series of its rules."
  type        = number
  default     = 256
  nullable    = false

  validation {
    condition     = var.memory_limit_mebibytes >= 64 && floor(var.memory_limit_mebibytes) == var.memory_limit_mebibytes
    error_message = "memory_limit_mebibytes must be a whole number of at least 64, such as 256: the adapter's memory request is 64 MiB."
  }
}

variable "external_metrics" {
  description = "Also claim external.metrics.k8s.io; the apply fails if another program, such as KEDA, has claimed it. Set it only together with a rule of kind external: prometheus-adapter does not serve that group without one, and a claimed but unserved group blocks the deletion of namespaces."
  type        = bool
  default     = false
  nullable    = false
}

variable "cert_manager" {
  description = "With the profile upstream, let cert-manager, which must be installed, sign the adapter's certificate, so that the API server can verify it. Without it the chart tells the API server not to verify."
  type        = bool
  default     = false
  nullable    = false
}

# The chart of the profile upstream

variable "chart" {
  description = "Chart of the profile upstream: its name in the repository, or a path that begins with / or a dot. Null means prometheus-adapter."
  type        = string
  default     = null

  validation {
    condition     = var.chart == null ? true : can(regex("^[./]", var.chart)) ? fileexists("${var.chart}/Chart.yaml") : can(regex("^[a-z0-9][-a-z0-9]*$", var.chart))
    error_message = "chart must be the name of a chart such as \"prometheus-adapter\", or the path of a chart directory, which holds a Chart.yaml."
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
  description = "Values for the chart of the profile upstream, as YAML documents. They are merged last, so they override what this module sets."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for text in var.extra_values : can(keys(yamldecode(text)))])
    error_message = "extra_values must be YAML documents with keys at the top, such as yamlencode({ logLevel = 2 }) or file(\"values.yaml\")."
  }
}

# Network policies, with the profile bundled

variable "network_policies" {
  description = "With the profile bundled, allow only the API server and Prometheus to reach the adapter, and the adapter to reach these two and the cluster's DNS. Prometheus must be a pod in the adapter's namespace, as module monitoring's is. Other profiles have no policies, and do not work in a namespace with a default-deny policy. Requires a network plugin that enforces policies; others ignore them."
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
