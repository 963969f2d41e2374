# The environment on an existing cluster, from public charts and providers. Each of ingress, monitoring and
# adapter is either installed, or an existing one of yours is used.
#
# The order follows from the modules' inputs and outputs.

locals {
  # Null means the module's default: one replica.
  replicas                       = var.ha ? 2 : null
  min_replicas                   = var.min_replicas != null ? var.min_replicas : local.replicas
  priority_class_name            = one(kubernetes_priority_class.autoscaling[*].metadata[0].name)
  unreachable_toleration_seconds = var.ha ? var.unreachable_toleration_seconds : null
}

# Higher than pods without a class, lower than what Kubernetes itself needs: when nodes are lost, NGINX and
# the parts that serve the metric are scheduled first.
resource "kubernetes_priority_class" "autoscaling" {
  count = var.ha ? 1 : 0

  metadata {
    name = "autoscaling"
  }

  value       = 1000000
  description = "NGINX, Prometheus, its operator and the adapter: without them nothing is served or scaled."
}

module "ingress" {
  source = "../../modules/ingress"

  profile          = var.ingress_profile
  namespace        = var.ingress_namespace
  create_namespace = var.ingress_create_namespace
  class            = var.ingress_class
  exposure         = var.ingress_exposure
  gateway_name     = var.gateway_name
  crds_chart       = var.gateway_api_chart

  chart            = var.ingress_chart
  chart_repository = var.ingress_chart_repository
  chart_version    = var.ingress_chart_version
  extra_values     = var.ingress_extra_values
  controller_image = var.ingress_controller_image
  nginx_image      = var.ingress_nginx_image

  service_type          = var.ingress_service_type
  http_node_port        = var.http_node_port
  monitor_release_label = var.ingress_profile == "upstream" ? module.monitoring.release_label : null

  replicas                       = local.replicas
  priority_class_name            = local.priority_class_name
  unreachable_toleration_seconds = local.unreachable_toleration_seconds
}

module "monitoring" {
  source = "../../modules/monitoring"

  profile            = var.monitoring_profile
  namespace          = var.monitoring_namespace
  create_namespace   = var.monitoring_create_namespace
  release_label      = var.release_label
  prometheus_service = var.prometheus_service
  prometheus_port    = var.prometheus_port

  chart            = var.monitoring_chart
  chart_repository = var.monitoring_chart_repository
  chart_version    = var.monitoring_chart_version
  extra_values     = var.monitoring_extra_values

  operator_image        = var.prometheus_operator_image
  config_reloader_image = var.prometheus_config_reloader_image
  prometheus_image      = var.prometheus_image

  scrape_interval_seconds = var.monitoring_profile == "existing" ? null : var.scrape_interval_seconds
  retention_hours         = var.retention_hours
  node_port               = var.prometheus_node_port
  grafana                 = var.grafana
  grafana_node_port       = var.grafana_node_port
  dashboard               = var.dashboard
  kube_state_metrics      = var.kube_state_metrics
  alertmanager            = var.alertmanager

  replicas = local.replicas
  # The time until Prometheus has its first targets (discovery batches updates for 5 s, and Prometheus picks
  # them up every 5 s), until the first scrape, and then one full window.
  ready_after_seconds            = var.ha ? 10 + var.scrape_interval_seconds + coalesce(var.rate_window_seconds, 5) : null
  storage_class                  = var.monitoring_profile == "existing" ? null : var.prometheus_storage_class
  storage_gibibytes              = var.prometheus_storage_gibibytes
  priority_class_name            = local.priority_class_name
  unreachable_toleration_seconds = local.unreachable_toleration_seconds
}

module "scaling" {
  source = "../../modules/scaling"

  app = {
    image     = var.app_image
    namespace = var.app_namespace
    hostnames = var.hostnames

    min_replicas                   = var.ha ? local.min_replicas : null
    unreachable_toleration_seconds = local.unreachable_toleration_seconds
  }

  adapter = {
    profile          = var.adapter_profile
    name             = var.adapter_name
    namespace        = var.adapter_namespace
    image            = var.adapter_image
    config_map       = var.adapter_config_map
    config_key       = var.adapter_config_key
    cert_manager     = var.adapter_cert_manager
    chart            = var.adapter_chart
    chart_repository = var.adapter_chart_repository
    chart_version    = var.adapter_chart_version
    extra_values     = var.adapter_extra_values

    replicas                       = local.replicas
    priority_class_name            = local.priority_class_name
    unreachable_toleration_seconds = local.unreachable_toleration_seconds
  }

  autoscaler = {
    target_average_value             = var.target_requests_per_second
    min_replicas                     = local.min_replicas
    max_replicas                     = var.max_replicas
    scrape_interval_seconds          = var.scrape_interval_seconds
    rate_window_seconds              = var.rate_window_seconds
    scale_up_stabilization_seconds   = var.scale_up_stabilization_seconds
    scale_down_stabilization_seconds = var.scale_down_stabilization_seconds
  }

  activator = var.scale_to_zero ? {
    image          = var.activator_image
    prometheus_url = module.monitoring.prometheus_url
    idle_seconds   = var.idle_seconds
  } : null

  alerts = var.alerts

  ingress_namespace       = module.ingress.namespace
  ingress_class           = module.ingress.class
  ingress_metrics         = module.ingress.metrics
  exposure                = module.ingress.exposure
  gateway_name            = module.ingress.gateway_name
  gateway_namespace       = module.ingress.gateway_namespace
  proxy_keepalive_seconds = module.ingress.keepalive_min_timeout_seconds

  monitoring_namespace       = module.monitoring.namespace
  release_label              = module.monitoring.release_label
  prometheus_url             = module.monitoring.prometheus_url
  prometheus_service_account = module.monitoring.service_account
  prometheus_port            = module.monitoring.port_name
  operator_name              = module.monitoring.operator_name
}
