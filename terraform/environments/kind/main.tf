# The environment on a kind cluster: NGINX, Prometheus, the adapter, the application and its autoscaler.
# Charts and images are inputs, so it needs no registry.
#
# The order follows from the modules' inputs and outputs; depends_on adds the rest.

locals {
  profile    = { for part, own in { ingress = var.ingress_profile, monitoring = var.monitoring_profile, adapter = var.adapter_profile } : part => coalesce(own, var.charts) }
  bundled    = { for part, profile in local.profile : part => profile == "bundled" }
  own_images = { for part, bundled in local.bundled : part => bundled || var.upstream_images }

  # Directory of a local copy of the chart; null makes the module use the chart's repository.
  chart = { for name in ["nginx-ingress", "nginx-gateway-fabric", "kube-prometheus-stack", "prometheus-adapter"] :
    name => var.upstream_charts_dir == null ? null : "${var.upstream_charts_dir}/${name}"
  }
  ingress_chart = local.profile.ingress == "upstream-gateway" ? "nginx-gateway-fabric" : "nginx-ingress"

  # The policies select the pods of other parts by the labels of the bundled charts. If one part came from
  # another chart, they would refuse connections that it needs.
  network_policies = var.network_policies && alltrue(values(local.bundled))

  # Needed by policies; the outputs of the modules that create these would make a dependency cycle. The port
  # is the default of the application's chart.
  app_port             = 8080
  monitoring_namespace = "monitoring"

  # This project's adapter takes several URLs; prometheus-adapter takes one, the common Service's.
  own_adapter = local.bundled.adapter && var.adapter_program == "adapter"

  # Null means the module's default: one replica.
  replicas                       = var.ha ? 2 : null
  min_replicas                   = coalesce(var.min_replicas, var.ha ? 2 : 1)
  priority_class_name            = one(kubernetes_priority_class.autoscaling[*].metadata[0].name)
  unreachable_toleration_seconds = var.ha ? var.unreachable_toleration_seconds : null
  prometheus_url                 = local.own_adapter ? join(",", module.monitoring.prometheus_urls) : module.monitoring.prometheus_url

  # The time until Prometheus has its first targets (discovery batches updates for 5 s, and Prometheus picks
  # them up every 5 s), until the first scrape, and then one full window.
  ready_after_seconds = var.ha ? 10 + var.scrape_interval_seconds + var.rate_window_seconds : null
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

  # Monitors without an interval of their own use the application's, so that the rate window suits them too.
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

# Load from inside the cluster; optional.
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

  # Otherwise the load could start before the autoscaler exists.
  depends_on = [module.scaling.autoscaler]
}
