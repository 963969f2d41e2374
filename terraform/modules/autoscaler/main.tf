# Scales any Deployment on the rate of any counter its pods expose: the rule that makes the adapter
# serve the rate as a metric of each pod, and the autoscaler that keeps its average at a target.

module "chart" {
  source = "../_chart"

  chart = "${path.module}/chart"
}

module "recording_chart" {
  source = "../_chart"

  chart = "${path.module}/recording"
}

locals {
  # Prometheus' convention: level, metric without _total, operation.
  recorded = var.counter == null ? null : "${trimsuffix(var.counter, "_total")}:rate${var.rate_window_seconds}s"

  series = var.recording_interval_seconds == null ? var.counter : local.recorded

  # Age of a sample that is two scrapes younger than the window is long.
  beginning_seconds = var.rate_window_seconds - 2 * var.scrape_interval_seconds

  # Kubernetes writes fractions in thousandths: 2.5 is "2500m".
  target = one([for value in var.target_average_value[*] : floor(value) == value ? format("%d", value) : format("%dm", floor(value * 1000 + 0.5))])
}

# The rate, computed once for everybody who asks. Without it Prometheus computes it for each request.
resource "helm_release" "recording" {
  count = var.recording_interval_seconds == null ? 0 : 1

  name        = "${var.deployment}-recording"
  namespace   = var.namespace
  chart       = module.recording_chart.chart
  description = module.recording_chart.description
  max_history = 3
  timeout     = 300

  values = [yamlencode({
    counter      = var.counter
    record       = local.recorded
    window       = "${var.rate_window_seconds}s"
    interval     = "${var.recording_interval_seconds}s"
    releaseLabel = var.release_label
  })]
}

resource "promadapter_rule" "this" {
  count = var.counter == null ? 0 : 1

  name       = "${var.namespace}-${var.deployment}-${var.metric}"
  namespace  = var.adapter_namespace
  config_map = var.adapter_config_map
  config_key = var.adapter_config_key
  deployment = var.adapter_deployment

  # A series counts only when Kubernetes says which pod it is from.
  series_query = "${local.series}{namespace!=\"\",pod!=\"\"}"

  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }

  metric_name = {
    as = var.metric
  }

  # A rate counts only when its window is full: when two of the three scrapes around its beginning are there. The first
  # rates after Prometheus has lost its samples, or was away, would be too low by most of the window, and take replicas away.
  # Without a value the autoscaler does nothing.
  metrics_query = var.recording_interval_seconds == null ? join("", [
    "sum(rate(<<.Series>>{<<.LabelMatchers>>}[${var.rate_window_seconds}s])",
    " and rate(<<.Series>>{<<.LabelMatchers>>}[${floor(3000 * var.scrape_interval_seconds)}ms]",
    local.beginning_seconds > 0 ? " offset ${floor(1000 * local.beginning_seconds)}ms" : "",
    ")) by (<<.GroupBy>>)",
  ]) : "sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)"

  # Has the plan warn of a window that is too short for it. In milliseconds, because it may be a fraction.
  scrape_interval = "${floor(var.scrape_interval_seconds * 1000)}ms"

  # The apply ends when the chain works from the pods to the API, not when its parts are there.
  await_series_in = var.await_metric ? var.namespace : null
  wait_timeout    = "${var.await_timeout_seconds}s"

  # Without it the wait for the metric could begin before there is anything to serve.
  depends_on = [helm_release.recording]
}

resource "helm_release" "hpa" {
  name        = "${var.deployment}-autoscaler"
  namespace   = var.namespace
  chart       = module.chart.chart
  description = module.chart.description
  max_history = 3
  timeout     = 300

  values = [yamlencode(merge({
    deployment         = var.deployment
    metric             = var.metric
    targetAverageValue = local.target
    minReplicas        = var.min_replicas
    maxReplicas        = var.max_replicas
    behavior = {
      scaleUp = {
        stabilizationWindowSeconds = var.scale_up_stabilization_seconds
        selectPolicy               = "Max"
        policies = [for p in var.scale_up_policies : {
          type          = p.type
          value         = p.value
          periodSeconds = p.period_seconds
        }]
      }
      scaleDown = {
        stabilizationWindowSeconds = var.scale_down_stabilization_seconds
        selectPolicy               = "Max"
        policies = [for p in var.scale_down_policies : {
          type          = p.type
          value         = p.value
          periodSeconds = p.period_seconds
        }]
      }
    }
  }, [for metrics in [local.more_metrics] : { moreMetrics = metrics } if length(metrics) > 0]...))]

  # Without it the autoscaler comes before its metric and complains until it is served, and at
  # destroy the metric would go first: events that look like a fault.
  depends_on = [promadapter_rule.this, promadapter_rule.more, promadapter_rule.external]
}
