# The environment on a cluster that is there already, from the charts and providers everybody uses.
# Each of ingress, monitoring and adapter is installed, or is yours and only pointed at.
#
# Order comes from what each module takes from the others; the two depends_on say what Kubernetes adds.

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
}

module "app" {
  source = "../../modules/app"

  namespace               = var.app_namespace
  image                   = var.app_image
  hostnames               = var.hostnames
  scrape_interval_seconds = var.scrape_interval_seconds
  release_label           = module.monitoring.release_label
  exposure                = module.ingress.exposure
  ingress_class           = module.ingress.class
  gateway_name            = module.ingress.gateway_name
  gateway_namespace       = module.ingress.gateway_namespace
}

module "adapter" {
  source = "../../modules/adapter"

  profile        = var.adapter_profile
  name           = var.adapter_name
  namespace      = coalesce(var.adapter_namespace, module.monitoring.namespace)
  prometheus_url = var.adapter_profile == "existing" ? null : module.monitoring.prometheus_url
  config_map     = var.adapter_config_map
  config_key     = var.adapter_config_key
  cert_manager   = var.adapter_cert_manager
  image          = var.adapter_image

  chart            = var.adapter_chart
  chart_repository = var.adapter_chart_repository
  chart_version    = var.adapter_chart_version
  extra_values     = var.adapter_extra_values

  # At destroy the adapter loses its last rule and with it the API it has registered. While a
  # registered API does not answer, Kubernetes lets no namespace finish: the registration must be
  # gone before these two are deleted, or destroy hangs. (monitoring follows from its output.)
  depends_on = [module.ingress.namespace, module.app.namespace]
}

module "autoscaler" {
  source = "../../modules/autoscaler"

  namespace  = module.app.namespace
  deployment = module.app.deployment
  counter    = module.app.counter

  metric               = "heavywork_requests_per_second"
  target_average_value = var.target_requests_per_second
  min_replicas         = var.min_replicas
  max_replicas         = var.max_replicas

  scrape_interval_seconds          = var.scrape_interval_seconds
  rate_window_seconds              = var.rate_window_seconds
  scale_up_stabilization_seconds   = var.scale_up_stabilization_seconds
  scale_down_stabilization_seconds = var.scale_down_stabilization_seconds

  adapter_namespace  = module.adapter.namespace
  adapter_config_map = module.adapter.config_map
  adapter_config_key = module.adapter.config_key
  adapter_deployment = module.adapter.deployment
}

# What tells that a part of this does not work: for the Prometheus that is installed here, beside an
# adapter that is as well.
module "alerts" {
  source = "../../modules/alerts"
  count  = var.alerts && var.monitoring_profile == "upstream" && module.adapter.namespace == module.monitoring.namespace ? 1 : 0

  namespace                  = module.monitoring.namespace
  release_label              = module.monitoring.release_label
  prometheus_service_account = module.monitoring.service_account
  prometheus_port            = module.monitoring.port_name
  operator_name              = module.monitoring.operator_name
  adapter_name               = module.adapter.deployment
  adapter_verified           = module.adapter.verified

  ingress = module.ingress.metrics

  autoscalers = [{
    namespace            = module.app.namespace
    deployment           = module.app.deployment
    counter              = module.app.counter
    target_average_value = var.target_requests_per_second
    max_replicas         = module.autoscaler.max_replicas
  }]
}
