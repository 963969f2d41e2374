# What all environments have in common besides NGINX and Prometheus: the application, the adapter that
# serves its metric, the autoscaler that follows it, and the alerts on all of them.
#
# The order follows from the modules' inputs and outputs; the depends_on adds what Kubernetes requires.

module "app" {
  source = "../app"

  namespace               = var.app.namespace
  image                   = var.app.image
  hostnames               = var.app.hostnames
  scrape_interval_seconds = var.autoscaler.scrape_interval_seconds
  release_label           = var.release_label
  exposure                = var.exposure
  ingress_class           = var.ingress_class
  gateway_name            = var.gateway_name
  gateway_namespace       = var.gateway_namespace

  min_replicas                   = var.app.min_replicas
  priority_class_name            = var.app.priority_class_name
  unreachable_toleration_seconds = var.app.unreachable_toleration_seconds

  drain_seconds           = var.app.drain_seconds
  proxy_keepalive_seconds = var.proxy_keepalive_seconds

  network_policies     = var.network.policies
  monitoring_namespace = var.network.monitoring_namespace
}

module "adapter" {
  source = "../adapter"

  profile        = var.adapter.profile
  program        = var.adapter.program
  name           = var.adapter.name
  namespace      = coalesce(var.adapter.namespace, var.monitoring_namespace)
  image          = var.adapter.image
  prometheus_url = var.adapter.profile == "existing" ? null : var.prometheus_url
  config_map     = var.adapter.config_map
  config_key     = var.adapter.config_key
  cert_manager   = var.adapter.cert_manager

  replicas                       = var.adapter.replicas
  on_control_plane               = var.adapter.on_control_plane
  priority_class_name            = var.adapter.priority_class_name
  unreachable_toleration_seconds = var.adapter.unreachable_toleration_seconds

  chart            = var.adapter.chart
  chart_repository = var.adapter.chart_repository
  chart_version    = var.adapter.chart_version
  extra_values     = var.adapter.extra_values

  network_policies = var.network.policies
  pod_cidr         = var.network.pod_cidr
  api_server_cidrs = var.network.api_server_cidrs

  # At destroy the adapter loses its last rule, and with it the API that it has registered. While a
  # registered API does not answer, Kubernetes cannot finish deleting a namespace: the registration must be
  # deleted before these two, or destroy hangs. (For monitoring, the order follows from its output.)
  depends_on = [var.ingress_namespace, module.app.namespace]
}

module "autoscaler" {
  source = "../autoscaler"

  namespace  = module.app.namespace
  deployment = module.app.deployment
  counter    = module.app.counter

  metric               = "heavywork_requests_per_second"
  target_average_value = var.autoscaler.target_average_value
  min_replicas         = var.autoscaler.min_replicas
  max_replicas         = var.autoscaler.max_replicas

  scrape_interval_seconds          = var.autoscaler.scrape_interval_seconds
  rate_window_seconds              = var.autoscaler.rate_window_seconds
  scale_up_stabilization_seconds   = var.autoscaler.scale_up_stabilization_seconds
  scale_down_stabilization_seconds = var.autoscaler.scale_down_stabilization_seconds

  adapter_namespace  = module.adapter.namespace
  adapter_config_map = module.adapter.config_map
  adapter_config_key = module.adapter.config_key
  adapter_deployment = module.adapter.deployment
}

# Scales to zero while nothing is requested; optional.
module "activator" {
  source = "../activator"
  count  = var.activator == null ? 0 : 1

  namespace      = coalesce(var.activator.namespace, var.monitoring_namespace)
  image          = var.activator.image
  prometheus_url = var.activator.prometheus_url
  release_label  = var.release_label
  replicas       = var.activator.replicas

  services = [{
    namespace    = module.app.namespace
    service      = module.app.service
    port         = module.app.port
    activity     = "sum(${module.app.in_flight}{namespace=\"${module.app.namespace}\"}) + sum(increase(${module.app.traffic}{namespace=\"${module.app.namespace}\"}[${10 * var.autoscaler.scrape_interval_seconds}s]))"
    live         = { port = module.app.metrics_port, in_flight = module.app.in_flight }
    autoscaler   = module.autoscaler.hpa
    idle_seconds = var.activator.idle_seconds
    hold_seconds = var.activator.hold_seconds
    max_held     = var.activator.max_held
  }]

  network_policies     = var.network.policies
  monitoring_namespace = var.network.monitoring_namespace
  pod_cidr             = var.network.pod_cidr
  api_server_cidrs     = var.network.api_server_cidrs
}

# Alerts for when a part of this fails, if Prometheus and the adapter are installed here, in the same
# namespace.
module "alerts" {
  source = "../alerts"
  count  = var.alerts && var.operator_name != null && module.adapter.namespace == var.monitoring_namespace ? 1 : 0

  namespace                  = var.monitoring_namespace
  release_label              = var.release_label
  prometheus_service_account = var.prometheus_service_account
  prometheus_port            = var.prometheus_port
  operator_name              = var.operator_name
  adapter_name               = module.adapter.deployment
  adapter_verified           = module.adapter.verified
  activator                  = var.activator != null

  ingress = var.ingress_metrics

  autoscalers = [{
    namespace            = module.app.namespace
    deployment           = module.app.deployment
    counter              = module.app.counter
    target_average_value = var.autoscaler.target_average_value
    max_replicas         = module.autoscaler.max_replicas
  }]
}
