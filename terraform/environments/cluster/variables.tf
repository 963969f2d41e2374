# Null means the default of the module that takes the variable, which also validates it: see the README of
# each module. Only variables that differ from the modules are validated here.

# The application

variable "app_image" {
  description = "Image of the application, with its tag, in a registry that the cluster pulls from."
  type        = string
  nullable    = false
}

variable "app_namespace" {
  description = "Namespace to create for the application."
  type        = string
  default     = null
}

variable "hostnames" {
  description = "Host names the application is served under; none means every name."
  type        = list(string)
  default     = []
  nullable    = false
}

# NGINX

variable "ingress_profile" {
  description = "upstream: NGINX Ingress Controller. upstream-gateway: NGINX Gateway Fabric. existing: yours is used."
  type        = string
  default     = "upstream"
  nullable    = false

  validation {
    condition     = contains(["upstream", "upstream-gateway", "existing"], var.ingress_profile)
    error_message = "ingress_profile is \"${var.ingress_profile}\"; it must be \"upstream\", \"upstream-gateway\" or \"existing\". For local charts only, use environments/kind."
  }
}

variable "ingress_namespace" {
  description = "Namespace for NGINX; with ingress_profile existing, the one of your Gateway."
  type        = string
  default     = null
}

variable "ingress_create_namespace" {
  description = "Create that namespace."
  type        = bool
  default     = null
}

variable "ingress_class" {
  description = "Name of the IngressClass or GatewayClass."
  type        = string
  default     = null
}

variable "ingress_exposure" {
  description = "With ingress_profile existing: ingress, or httpRoute on your Gateway."
  type        = string
  default     = null
}

variable "gateway_name" {
  description = "Gateway that routes refer to: created with upstream-gateway, or yours."
  type        = string
  default     = null
}

variable "gateway_api_chart" {
  description = "With upstream-gateway, directory of a chart with the Gateway API's definitions; null means that the cluster has them."
  type        = string
  default     = null
}

variable "ingress_chart" {
  description = "Chart for NGINX: a name in the repository, or a path."
  type        = string
  default     = null
}

variable "ingress_chart_repository" {
  description = "Repository of that chart."
  type        = string
  default     = null
}

variable "ingress_chart_version" {
  description = "Version of that chart."
  type        = string
  default     = null
}

variable "ingress_extra_values" {
  description = "Values for that chart, as YAML documents, merged last."
  type        = list(string)
  default     = null
}

variable "ingress_controller_image" {
  description = "Image of the controller; null means the chart's."
  type        = string
  default     = null
}

variable "ingress_nginx_image" {
  description = "Image of NGINX for upstream-gateway; null means the chart's."
  type        = string
  default     = null
}

variable "ingress_service_type" {
  description = "How NGINX is published: LoadBalancer, NodePort or ClusterIP."
  type        = string
  default     = "LoadBalancer"
  nullable    = false
}

variable "http_node_port" {
  description = "Port on every node that leads to NGINX, with ingress_service_type NodePort."
  type        = number
  default     = null
}

# Prometheus

variable "monitoring_profile" {
  description = "upstream: kube-prometheus-stack. existing: your Prometheus is used: set monitoring_namespace, prometheus_service and release_label."
  type        = string
  default     = "upstream"
  nullable    = false

  validation {
    condition     = contains(["upstream", "existing"], var.monitoring_profile)
    error_message = "monitoring_profile is \"${var.monitoring_profile}\"; it must be \"upstream\" or \"existing\". For local charts only, use environments/kind."
  }
}

variable "monitoring_namespace" {
  description = "Namespace for kube-prometheus-stack, or of your Prometheus."
  type        = string
  default     = null
}

variable "monitoring_create_namespace" {
  description = "Create that namespace."
  type        = bool
  default     = null
}

variable "release_label" {
  description = "Value of the label release by which Prometheus selects monitors; also the name of the release of kube-prometheus-stack."
  type        = string
  default     = null
}

variable "prometheus_service" {
  description = "With monitoring_profile existing, the Service of your Prometheus."
  type        = string
  default     = null
}

variable "prometheus_port" {
  description = "With monitoring_profile existing, the port of that Service."
  type        = number
  default     = null
}

variable "monitoring_chart" {
  description = "Chart for Prometheus: a name in the repository, or a path."
  type        = string
  default     = null
}

variable "monitoring_chart_repository" {
  description = "Repository of that chart."
  type        = string
  default     = null
}

variable "monitoring_chart_version" {
  description = "Version of that chart."
  type        = string
  default     = null
}

variable "monitoring_extra_values" {
  description = "Values for that chart, as YAML documents, merged last."
  type        = list(string)
  default     = null
}

variable "prometheus_operator_image" {
  description = "Image of the Prometheus Operator; null means the chart's."
  type        = string
  default     = null
}

variable "prometheus_config_reloader_image" {
  description = "Image of the operator's config reloader; null means the chart's."
  type        = string
  default     = null
}

variable "prometheus_image" {
  description = "Image of Prometheus; null means the chart's."
  type        = string
  default     = null
}

variable "retention_hours" {
  description = "Hours that samples are kept."
  type        = number
  default     = null
}

variable "prometheus_node_port" {
  description = "Port on every node that leads to Prometheus' page; null keeps it inside the cluster."
  type        = number
  default     = null
}

variable "grafana" {
  description = "Install Grafana."
  type        = bool
  default     = null
}

variable "grafana_node_port" {
  description = "Port on every node that leads to Grafana; null keeps it inside the cluster."
  type        = number
  default     = null
}

variable "dashboard" {
  description = "Install the dashboard. Null: if Grafana is installed here. Set it to true for a Grafana of your own whose sidecar loads dashboards."
  type        = bool
  default     = null
}

variable "kube_state_metrics" {
  description = "Install kube-state-metrics."
  type        = bool
  default     = null
}

variable "alerts" {
  description = "Install the alerts on the parts that serve the metric, with monitoring_profile upstream and the adapter in the same namespace."
  type        = bool
  default     = true
  nullable    = false
}

variable "alertmanager" {
  description = "Install Alertmanager."
  type        = bool
  default     = null
}

# The adapter

variable "adapter_profile" {
  description = "upstream: the community's prometheus-adapter. existing: yours is used: set adapter_namespace, adapter_name and adapter_config_map."
  type        = string
  default     = "upstream"
  nullable    = false

  validation {
    condition     = contains(["upstream", "existing"], var.adapter_profile)
    error_message = "adapter_profile is \"${var.adapter_profile}\"; it must be \"upstream\" or \"existing\". For local charts only, use environments/kind."
  }
}

variable "adapter_namespace" {
  description = "Existing namespace for the adapter; null means Prometheus'."
  type        = string
  default     = null
}

variable "adapter_name" {
  description = "Deployment of the adapter."
  type        = string
  default     = null
}

variable "adapter_config_map" {
  description = "Config map of the rules."
  type        = string
  default     = null
}

variable "adapter_config_key" {
  description = "With adapter_profile existing, the key of that config map under which the rules are."
  type        = string
  default     = null
}

variable "adapter_cert_manager" {
  description = "Let cert-manager, which must be installed, sign the adapter's certificate."
  type        = bool
  default     = null
}

variable "adapter_image" {
  description = "Image of the adapter; null means the chart's."
  type        = string
  default     = null
}

variable "adapter_chart" {
  description = "Chart for the adapter: a name in the repository, or a path."
  type        = string
  default     = null
}

variable "adapter_chart_repository" {
  description = "Repository of that chart."
  type        = string
  default     = null
}

variable "adapter_chart_version" {
  description = "Version of that chart."
  type        = string
  default     = null
}

variable "adapter_extra_values" {
  description = "Values for that chart, as YAML documents, merged last."
  type        = list(string)
  default     = null
}

# High availability

variable "ha" {
  description = "Run two of everything that is installed here, on different nodes and in different zones where possible: Prometheus, adapter, NGINX and at least two pods of the application. Adds disruption budgets, a priority class, and a shorter time on a node that is lost."
  type        = bool
  default     = false
  nullable    = false
}

variable "prometheus_storage_class" {
  description = "With monitoring_profile upstream, StorageClass of your cluster for a volume of each Prometheus. Null: samples are kept in the pods."
  type        = string
  default     = null
}

variable "prometheus_storage_gibibytes" {
  description = "Size of that volume, in GiB."
  type        = number
  default     = null
}

variable "unreachable_toleration_seconds" {
  description = "With ha, seconds for which a pod stays on a node that is not ready or unreachable, before it is replaced on another node. Null means the cluster's default."
  type        = number
  default     = 10
}

# How it scales. The defaults of modules/autoscaler, which null means, depend on each other.

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
    error_message = "scale_to_zero needs activator_image, an image of the activator that your nodes can pull, such as \"registry.example.org/activator:v1.2.3\"."
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

variable "activator_image" {
  description = "Image of the activator, with its tag; required by scale_to_zero."
  type        = string
  default     = null
}

variable "max_replicas" {
  description = "Maximum number of pods."
  type        = number
  default     = null
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
  default     = null
}

variable "scale_up_stabilization_seconds" {
  description = "Seconds over which the lowest recommendation counts before pods are added."
  type        = number
  default     = null
}

variable "scale_down_stabilization_seconds" {
  description = "Seconds over which the highest recommendation counts before pods are removed."
  type        = number
  default     = null
}
