# Profile upstream: NGINX Ingress Controller from its chart. Applications create an Ingress.

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
      # An Ingress without a host serves every name, as the Kubernetes API defines it. The chart passes this
      # setting on only if the controller's custom resources are enabled, as they are by default.
      allowEmptyIngressHost  = true
      enableLatencyMetrics   = true
      readOnlyRootFilesystem = true
      ingressClass           = { name = var.class }
      telemetryReporting     = { enable = false }
      resources              = local.resources

      # How requests survive a change: docs/lossless.md. Settings that the controller has a key for must use
      # that key: NGINX refuses duplicate directives.
      config = { entries = {
        http-snippets         = "keepalive_min_timeout ${var.keepalive_min_timeout_seconds}s;"
        keepalive-timeout     = "75s ${var.keepalive_min_timeout_seconds - 1}s"
        proxy-connect-timeout = "${var.connect_timeout_seconds}s"
        # The server for every name has TLS even without a certificate, and would redirect all requests to a
        # port that is not published.
        ssl-redirect = "false"
      } }
      # Meanwhile the controller, NGINX's parent process, keeps its list of upstream servers up to date.
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

  # The chart's ServiceMonitor needs a Service that the chart creates only on request.
  upstream_monitor = merge([for label in var.monitor_release_label[*] : {
    service = { create = true }
    serviceMonitor = {
      create    = true
      labels    = { release = label }
      endpoints = [{ port = "prometheus", interval = "${var.monitor_interval_seconds}s" }]
    }
  }]...)
}
