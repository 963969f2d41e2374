# Profile upstream: NGINX Ingress Controller from its chart. Applications bring an Ingress.

resource "helm_release" "upstream" {
  count = var.profile == "upstream" ? 1 : 0

  name        = "nginx-ingress"
  namespace   = local.namespace
  repository  = module.upstream_chart.repository
  chart       = module.upstream_chart.chart
  version     = module.upstream_chart.version
  description = module.upstream_chart.description
  max_history = 3
  timeout     = local.timeout

  values = concat([yamlencode({
    controller = merge({
      # An Ingress without a host serves every name, as in Kubernetes' own description of the kind. The
      # chart passes this on only while the controller's own kinds are enabled, as they are by default.
      allowEmptyIngressHost  = true
      enableLatencyMetrics   = true
      readOnlyRootFilesystem = true
      ingressClass           = { name = var.class }
      telemetryReporting     = { enable = false }
      resources              = local.resources

      # How requests survive a change: docs/lossless.md. A setting that the controller has a name for
      # must come by it: NGINX refuses a directive that is there twice.
      config = { entries = {
        http-snippets         = "keepalive_min_timeout ${var.keepalive_min_timeout_seconds}s;"
        keepalive-timeout     = "75s ${var.keepalive_min_timeout_seconds - 1}s"
        proxy-connect-timeout = "${var.connect_timeout_seconds}s"
        # The server for every name has TLS even without a certificate, and would send all requests to
        # a port that is not published.
        ssl-redirect = "false"
      } }
      # The controller, which is the parent of NGINX, keeps its list of servers up to date meanwhile.
      lifecycle                     = { preStop = { sleep = { seconds = var.drain_seconds } } }
      terminationGracePeriodSeconds = local.grace_period_seconds

      service = merge(local.traffic_policy, {
        type      = var.service_type
        httpsPort = { enable = false }
      }, [for port in local.node_port[*] : { httpPort = { nodePort = port } }]...)
    }, concat(local.upstream_image, local.spread, local.tolerations, local.priority, local.upstream_replicas)...)
    prometheus = local.upstream_monitor
  })], var.extra_values)
}

locals {
  upstream_image = [for image in local.controller_image[*] : {
    image = { repository = image.repository, tag = image.tag }
  }]

  # The chart's ServiceMonitor finds the metrics behind a Service that it makes only when asked.
  upstream_monitor = merge([for label in var.monitor_release_label[*] : {
    service = { create = true }
    serviceMonitor = {
      create    = true
      labels    = { release = label }
      endpoints = [{ port = "prometheus", interval = "${var.monitor_interval_seconds}s" }]
    }
  }]...)
}
