# The whole environment on one kind cluster: the way in, the metrics, the adapter, the application
# and what scales it. Charts and images come from outside, so it needs no registry.
#
# Order comes from what each module takes from the others. Kubernetes adds one constraint of its
# own, at the two depends_on below.

locals {
  # A policy of one module names what another one makes, whose output would be a circle. The port is
  # that of the application's chart.
  app_port             = 8080
  monitoring_namespace = "monitoring"
}

module "ingress" {
  source = "../../modules/ingress"

  profile          = "bundled"
  crds_chart       = var.charts.ingress_crds
  controller_chart = var.charts.nginx_gateway_fabric
  controller_image = var.images.nginx_gateway_fabric
  nginx_image      = var.images.nginx
  http_node_port   = var.http_node_port

  keepalive_min_timeout_seconds = var.keepalive_min_timeout_seconds
  drain_seconds                 = var.ingress_drain_seconds

  network_policies     = var.network_policies
  backend_ports        = [local.app_port]
  pod_cidr             = var.pod_cidr
  monitoring_namespace = local.monitoring_namespace
  api_server_cidrs     = var.api_server_cidrs
}

module "monitoring" {
  source = "../../modules/monitoring"

  namespace = local.monitoring_namespace

  crds_chart            = var.charts.monitoring_crds
  operator_image        = var.images.prometheus_operator
  config_reloader_image = var.images.prometheus_config_reloader
  prometheus_image      = var.images.prometheus
  node_port             = var.prometheus_node_port

  # A monitor without an interval of its own is scraped like the application, so that the rate
  # window fits it as well.
  scrape_interval_seconds = var.scrape_interval_seconds

  network_policies = var.network_policies
  pod_cidr         = var.pod_cidr
  api_server_cidrs = var.api_server_cidrs
}

module "app" {
  source = "../../modules/app"

  image                   = var.app_image
  scrape_interval_seconds = var.scrape_interval_seconds
  release_label           = module.monitoring.release_label
  gateway_name            = module.ingress.gateway_name
  gateway_namespace       = module.ingress.gateway_namespace

  drain_seconds           = var.app_drain_seconds
  proxy_keepalive_seconds = module.ingress.keepalive_min_timeout_seconds

  network_policies     = var.network_policies
  monitoring_namespace = local.monitoring_namespace
}

module "adapter" {
  source = "../../modules/adapter"

  namespace      = module.monitoring.namespace
  image          = var.images.prometheus_adapter
  prometheus_url = module.monitoring.prometheus_url

  network_policies = var.network_policies
  pod_cidr         = var.pod_cidr
  api_server_cidrs = var.api_server_cidrs

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

# What tells that a part of this does not work.
module "alerts" {
  source = "../../modules/alerts"

  namespace     = module.monitoring.namespace
  release_label = module.monitoring.release_label
  adapter_name  = module.adapter.deployment

  ingress = {
    namespace    = module.ingress.namespace
    labels       = { "app.kubernetes.io/instance" = module.ingress.deployment }
    metrics_port = "metrics"
  }

  autoscalers = [{
    namespace            = module.app.namespace
    deployment           = module.app.deployment
    counter              = module.app.counter
    target_average_value = var.target_requests_per_second
    max_replicas         = var.max_replicas
  }]
}

# Load from inside the cluster, when it is asked for.
module "loadgen" {
  source = "../../modules/loadgen"
  count  = var.loadgen == null ? 0 : 1

  namespace = module.app.namespace
  image     = var.loadgen_image
  target    = "http://${module.ingress.service}.${module.ingress.namespace}.svc${var.loadgen.path}"

  profile = var.loadgen.profile
  pods    = var.loadgen.pods
  seed    = var.loadgen.seed
  run     = var.loadgen.run

  network_policies = var.network_policies
  target_namespace = module.ingress.namespace

  # Without it the load could come before what is to scale under it.
  depends_on = [module.autoscaler]
}
