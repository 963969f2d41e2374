# The whole environment on one kind cluster: the way in, the metrics, the adapter, the application
# and what scales it. Charts and images come from outside, so it needs no registry.
#
# Order comes from what each module takes from the others; depends_on says what that does not.

locals {
  profile    = { for part, own in { ingress = var.ingress_profile, monitoring = var.monitoring_profile, adapter = var.adapter_profile } : part => coalesce(own, var.charts) }
  bundled    = { for part, profile in local.profile : part => profile == "bundled" }
  own_images = { for part, bundled in local.bundled : part => bundled || var.upstream_images }

  # A chart's folder where there is a copy of it; null has the module ask the repository.
  chart = { for name in ["nginx-ingress", "nginx-gateway-fabric", "kube-prometheus-stack", "prometheus-adapter"] :
    name => var.upstream_charts_dir == null ? null : "${var.upstream_charts_dir}/${name}"
  }
  ingress_chart = local.profile.ingress == "upstream-gateway" ? "nginx-gateway-fabric" : "nginx-ingress"

  # The policies know the pods of the other parts by what the bundled charts call them. With one part
  # from elsewhere they would refuse what it needs.
  network_policies = var.network_policies && alltrue(values(local.bundled))

  # A policy of one module names what another one makes, whose output would be a circle. The port is
  # that of the application's chart.
  app_port             = 8080
  monitoring_namespace = "monitoring"

  # Several URLs are for this project's adapter; prometheus-adapter takes one, that of the Service.
  own_adapter = local.bundled.adapter && var.adapter_program == "adapter"

  # Null has the module's default: one of it.
  replicas                       = var.ha ? 2 : null
  min_replicas                   = coalesce(var.min_replicas, var.ha ? 2 : 1)
  priority_class_name            = one(kubernetes_priority_class.autoscaling[*].metadata[0].name)
  unreachable_toleration_seconds = var.ha ? var.unreachable_toleration_seconds : null
  prometheus_url                 = local.own_adapter ? join(",", module.monitoring.prometheus_urls) : module.monitoring.prometheus_url

  # Until Prometheus knows its first targets (it looks at what was discovered every 5 s, which has been
  # gathered for as long), until the first scrape, and then one whole window.
  ready_after_seconds = var.ha ? 10 + var.scrape_interval_seconds + var.rate_window_seconds : null
}

# Above everything that has no class, below what Kubernetes itself needs: when nodes are lost, the way in
# and the way of the metric find room first.
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

  profile          = local.profile.ingress
  crds_chart       = local.bundled.ingress ? var.chart_dirs.ingress_crds : var.gateway_api_chart
  controller_chart = local.bundled.ingress ? var.chart_dirs.nginx_gateway_fabric : null
  controller_image = local.bundled.ingress ? var.images.nginx_gateway_fabric : null
  nginx_image      = local.bundled.ingress ? var.images.nginx : null
  http_node_port   = var.http_node_port

  keepalive_min_timeout_seconds = var.keepalive_min_timeout_seconds
  drain_seconds                 = var.ingress_drain_seconds

  replicas                       = local.replicas
  priority_class_name            = local.priority_class_name
  unreachable_toleration_seconds = local.unreachable_toleration_seconds

  chart                 = local.bundled.ingress ? null : local.chart[local.ingress_chart]
  monitor_release_label = local.bundled.ingress ? null : module.monitoring.release_label

  network_policies     = local.network_policies
  backend_ports        = [local.app_port]
  pod_cidr             = var.pod_cidr
  monitoring_namespace = local.monitoring_namespace
  api_server_cidrs     = var.api_server_cidrs
}

module "monitoring" {
  source = "../../modules/monitoring"

  namespace = local.monitoring_namespace

  profile               = local.profile.monitoring
  crds_chart            = var.chart_dirs.monitoring_crds
  operator_image        = local.own_images.monitoring ? var.images.prometheus_operator : null
  config_reloader_image = local.own_images.monitoring ? var.images.prometheus_config_reloader : null
  prometheus_image      = local.own_images.monitoring ? var.images.prometheus : null
  node_port             = var.prometheus_node_port

  chart              = local.bundled.monitoring ? null : local.chart["kube-prometheus-stack"]
  extra_values       = var.monitoring_extra_values
  grafana            = var.grafana
  kube_state_metrics = var.kube_state_metrics

  # A monitor without an interval of its own is scraped like the application, so that the rate
  # window fits it as well.
  scrape_interval_seconds = var.scrape_interval_seconds

  replicas                       = local.replicas
  ready_after_seconds            = local.ready_after_seconds
  sample_volumes                 = var.ha && local.bundled.monitoring ? var.sample_volumes : {}
  priority_class_name            = local.priority_class_name
  unreachable_toleration_seconds = local.unreachable_toleration_seconds

  network_policies = local.network_policies
  pod_cidr         = var.pod_cidr
  api_server_cidrs = var.api_server_cidrs
}

module "scaling" {
  source = "../../modules/scaling"

  app = {
    image         = var.app_image
    drain_seconds = var.app_drain_seconds

    min_replicas                   = var.ha ? local.min_replicas : null
    unreachable_toleration_seconds = local.unreachable_toleration_seconds
  }

  adapter = {
    profile = local.profile.adapter
    program = var.adapter_program
    image   = local.own_adapter ? var.adapter_image : local.own_images.adapter ? var.images.prometheus_adapter : null
    chart   = local.bundled.adapter ? null : local.chart["prometheus-adapter"]

    replicas                       = local.replicas
    on_control_plane               = var.ha && local.bundled.adapter
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

  network = {
    policies             = local.network_policies
    monitoring_namespace = local.monitoring_namespace
    pod_cidr             = var.pod_cidr
    api_server_cidrs     = var.api_server_cidrs
  }

  ingress_namespace       = module.ingress.namespace
  ingress_class           = module.ingress.class
  ingress_metrics         = module.ingress.metrics
  exposure                = module.ingress.exposure
  gateway_name            = module.ingress.gateway_name
  gateway_namespace       = module.ingress.gateway_namespace
  proxy_keepalive_seconds = module.ingress.keepalive_min_timeout_seconds

  monitoring_namespace       = module.monitoring.namespace
  release_label              = module.monitoring.release_label
  prometheus_url             = local.prometheus_url
  prometheus_service_account = module.monitoring.service_account
  prometheus_port            = module.monitoring.port_name
  operator_name              = module.monitoring.operator_name
}

# Load from inside the cluster, when it is asked for.
module "loadgen" {
  source = "../../modules/loadgen"
  count  = var.loadgen == null ? 0 : 1

  namespace = module.scaling.autoscaler.namespace
  image     = var.loadgen_image
  target    = "http://${module.ingress.service}.${module.ingress.namespace}.svc${var.loadgen.path}"

  profile = var.loadgen.profile
  pods    = var.loadgen.pods
  seed    = var.loadgen.seed
  run     = var.loadgen.run

  network_policies = local.network_policies
  target_namespace = module.ingress.namespace

  # Without it the load could come before what is to scale under it.
  depends_on = [module.scaling.autoscaler]
}
