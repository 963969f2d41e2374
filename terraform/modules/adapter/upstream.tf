# Profile upstream: prometheus-adapter from the community's chart, with the rules in the config map
# that the promadapter provider owns.

locals {
  upstream_image = [for image in var.image[*] : {
    image = regex("^(?P<repository>(?:[^/]+/)*[^/:]+):(?P<tag>.+)$", image)
  }]
}

resource "helm_release" "upstream" {
  count = var.profile == "upstream" ? 1 : 0

  name        = var.name
  namespace   = var.namespace
  repository  = module.upstream_chart.repository
  chart       = module.upstream_chart.chart
  version     = module.upstream_chart.version
  description = module.upstream_chart.description
  max_history = 3
  timeout     = 300

  values = concat([yamlencode(merge({
    # The outputs promise this name; the chart would derive another one from the release's name.
    fullnameOverride = var.name
    replicas         = var.replicas

    # The port is in the URL.
    prometheus = { url = var.prometheus_url, port = 0 }

    # The provider owns the rules: without "existing" each upgrade of the chart would overwrite them with
    # the chart's own. The chart claims the API for external metrics if this list has a rule; the rules
    # themselves come only from the config map.
    rules = merge({ existing = local.config_map }, [for claimed in [var.external_metrics] : { external = [{ seriesQuery = "see ${var.config_map}" }] } if claimed]...)

    metricsRelistInterval = "${var.metrics_relist_interval_seconds}s"
    extraArguments = [
      "--metrics-max-age=${var.metrics_max_age_seconds}s",
      "--client-qps=${var.client_qps}",
      "--client-burst=${2 * var.client_qps}",
      "--prometheus-verb=${var.prometheus_verb}",
    ]
    # The chart's default level logs every request.
    logLevel = 2

    # The adapter reports ready before it has its first list of series, so the first probe is delayed. The
    # chart's delay of 30 s would be added to every change of a rule.
    readinessProbe = { initialDelaySeconds = 4, periodSeconds = 1 }
    livenessProbe  = { initialDelaySeconds = 10 }

    # The autoscaler must not lose its metrics during a rollout.
    strategy = { rollingUpdate = { maxUnavailable = 0, maxSurge = 1 } }

    certManager = { enabled = var.cert_manager }

    resources = {
      requests = { cpu = "20m", memory = "48Mi" }
      limits   = { memory = "${var.memory_limit_mebibytes}Mi" }
    }
  }, concat(local.upstream_image, local.spread, local.priority, local.tolerations, local.upstream_budget)...))], var.extra_values)
}
