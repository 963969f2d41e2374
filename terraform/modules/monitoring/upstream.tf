# Profile upstream: kube-prometheus-stack, reduced to what the autoscaling chain needs. extra_values can
# enable what is disabled here.

locals {
  # The chart selects monitors by the label release = <name of the release>.
  release_name = var.release_label

  # Short, because the chart truncates names to 26 characters.
  upstream_name = "kps"

  image_parts = "^(?P<registry>[^/]+)/(?P<repository>[^:@]+):(?P<tag>[^/:@]+)(?:@sha256:(?P<sha>[0-9a-f]{64}))?$"
  images = {
    for role, image in {
      operator        = var.operator_image
      config_reloader = var.config_reloader_image
      prometheus      = var.prometheus_image
    } : role => [for parts in [for i in image[*] : regex(local.image_parts, i)] : { image = { for k, v in parts : k => v if v != null } }]
  }
}

resource "helm_release" "upstream" {
  count = var.profile == "upstream" ? 1 : 0

  name        = local.release_name
  namespace   = local.namespace
  repository  = module.upstream_chart.repository
  chart       = module.upstream_chart.chart
  version     = module.upstream_chart.version
  description = module.upstream_chart.description
  max_history = 3
  # Grafana's image is large.
  timeout = 2 * local.timeout

  # Helm can upgrade and remove the definitions of crds_chart, but not those that the chart installs itself.
  skip_crds = var.crds_chart != null

  values = concat([yamlencode({
    fullnameOverride                   = local.upstream_name
    cleanPrometheusOperatorObjectNames = true

    alertmanager = { enabled = var.alertmanager }

    # Nothing here scales on nodes or on the control plane: their exporters, monitors and alerts would only
    # use resources, and some alerts fire on clusters whose control plane cannot be scraped.
    defaultRules              = { create = false }
    kubernetesServiceMonitors = { enabled = false }
    nodeExporter              = { enabled = false }

    kubeStateMetrics = { enabled = var.kube_state_metrics }
    kube-state-metrics = {
      collectors = ["deployments", "horizontalpodautoscalers", "pods"]
      # The dashboard shows how long a replica takes to start; an interval of 30 s would hide it.
      prometheus = { monitor = { http = { interval = "5s" } } }
    }

    grafana = merge({
      enabled                  = var.grafana
      defaultDashboardsEnabled = false
    }, [for port in var.grafana_node_port[*] : { service = { type = "NodePort", nodePort = port } }]...)

    prometheusOperator = merge({
      # A webhook that does not answer blocks all writes of monitors and rules. The operator itself rejects
      # invalid ones, with an Event.
      admissionWebhooks       = { enabled = false }
      tls                     = { enabled = false }
      kubeletService          = { enabled = false }
      kubeletEndpointsEnabled = false
      resources = {
        requests = { cpu = "10m", memory = "48Mi" }
        limits   = { memory = "192Mi" }
      }
    }, concat(local.images.operator, [for i in local.images.config_reloader : { prometheusConfigReloader = i }], local.upstream_operator)...)

    prometheus = merge({
      service = merge(
        { reloaderWebPort = 0 },
        concat([for port in var.node_port[*] : { type = "NodePort", nodePort = port }], local.upstream_service)...
      )
      prometheusSpec = merge({
        scrapeInterval     = "${var.scrape_interval_seconds}s"
        evaluationInterval = "${var.evaluation_interval_seconds}s"
        retention          = "${var.retention_hours}h"
        # Kubernetes 1.33 deprecated Endpoints.
        serviceDiscoveryRole = "EndpointSlice"
        resources = {
          requests = { cpu = "50m", memory = "128Mi" }
          limits   = { memory = "1Gi" }
        }
      }, concat(local.images.prometheus, local.upstream_prometheus)...)
    }, local.upstream_several...)
  })], var.extra_values)

  # Otherwise the operator would start without the kinds that it watches, as in the profile bundled.
  depends_on = [helm_release.crds]
}
