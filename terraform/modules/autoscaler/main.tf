# Scales a Deployment on the rate of a counter that its pods expose: creates the rule that makes the adapter
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
  # All counters, var.counter first. Only that one can be recorded.
  counters = concat(
    [for counter in var.counter[*] : {
      counter = counter, metric = var.metric, value = var.target_average_value
      window  = var.rate_window_seconds, recorded = var.recording_interval_seconds != null
    }],
    [for m in var.more_counters : {
      counter = m.counter, metric = m.metric, value = m.target_average_value
      window  = coalesce(m.rate_window_seconds, var.rate_window_seconds), recorded = false
    }],
  )

  # Prometheus' convention: level, metric without _total, operation.
  recorded = var.counter == null ? null : "${trimsuffix(var.counter, "_total")}:rate${var.rate_window_seconds}s"

  # The names of rules, by metric. A rule's name has at most 63 characters.
  names      = { for m in distinct(concat(local.counters[*].metric, var.external_metrics[*].metric)) : m => "${var.namespace}-${var.deployment}-${m}" }
  rule_names = { for m, n in local.names : m => length(n) <= 63 ? n : "${substr(n, 0, 54)}-${substr(sha256(n), 0, 8)}" }

  # The adapter's rule for each counter, by metric.
  rules = { for c in local.counters : c.metric => {
    name = local.rule_names[c.metric]

    # A series counts only if service discovery has labelled it with its pod or Service.
    series_query = "${c.recorded ? local.recorded : c.counter}{namespace!=\"\",${local.object}!=\"\"}"

    # A rate counts only if its window is full: if two of the three scrapes around its beginning exist. The first rates
    # after Prometheus was down, or has lost its samples, cover only a part of the window: they would be far too low, and
    # scale down. Without a value the autoscaler does nothing.
    # For the sum over a Service's pods, one pod with a full window is enough: the load that a new pod has taken over must
    # not be missing from the sum.
    metrics_query = c.recorded ? "sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)" : join("", [
      "sum(rate(<<.Series>>{<<.LabelMatchers>>}[${c.window}s])",
      local.by_service ? ") by (<<.GroupBy>>) and sum(" : " and ",
      "rate(<<.Series>>{<<.LabelMatchers>>}[${floor(3000 * var.scrape_interval_seconds)}ms]",
      c.window > 2 * var.scrape_interval_seconds ? " offset ${floor(1000 * (c.window - 2 * var.scrape_interval_seconds))}ms" : "",
      ")) by (<<.GroupBy>>)",
    ])
  } }

  # The object that the metric describes: each pod, or the Service in front of them.
  by_service = var.scale_on == "workload"
  object     = local.by_service ? "service" : "pod"
  service    = local.by_service ? coalesce(var.service, var.deployment) : null

  # The labels that associate a series with that object.
  of_objects = {
    overrides = {
      namespace      = { resource = "namespace" }
      (local.object) = { resource = local.object }
    }
  }

  # Makes the plan warn about windows that are too short for it. In milliseconds, because it may be a fraction.
  scrape_interval = "${floor(var.scrape_interval_seconds * 1000)}ms"

  # The apply ends when the chain from the pods to the API works, not when its parts exist. The provider waits for values
  # only of pods; for a metric of the Service, it waits until the metric is listed.
  await_series_in = var.await_metric && !local.by_service ? var.namespace : null
  wait_timeout    = "${var.await_timeout_seconds}s"

  # Kubernetes writes fractions in thousandths.
  tolerance = { for direction, share in { up = var.scale_up_tolerance, down = var.scale_down_tolerance } :
    direction => share == null ? null : "${floor(share * 1000 + 0.5)}m"
  }

  # The autoscaler's targets, counters first. It follows the metric that needs the most replicas.
  # Kubernetes writes fractions in thousandths: 2.5 is "2500m".
  targets = [for t in concat(
    [for c in local.counters : { kind = local.by_service ? "Object" : "Pods", metric = c.metric, type = "AverageValue", value = c.value }],
    [for m in var.external_metrics : {
      kind  = "External", metric = m.metric
      type  = m.target_value == null ? "AverageValue" : "Value"
      value = coalesce(m.target_average_value, m.target_value)
    }],
  ) : merge(t, { quantity = floor(t.value) == t.value ? format("%d", t.value) : format("%dm", floor(t.value * 1000 + 0.5)) })]

  target = one([for counter in var.counter[*] : local.targets[0].quantity])

  # All but the first counter, in the form of the autoscaler's spec.
  more_metrics = [for t in slice(local.targets, length(var.counter[*]), length(local.targets)) : {
    type = t.kind
    (lower(t.kind)) = merge({
      metric = { name = t.metric }
      target = { type = t.type, (t.type == "Value" ? "value" : "averageValue") = t.quantity }
    }, t.kind == "Object" ? { describedObject = { apiVersion = "v1", kind = "Service", name = local.service } } : null)
  }]
}

# Records the rate once for all requests. Without this, Prometheus computes it for each request.
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

# The first counter and the others are separate resources because existing states have them at these
# addresses, and no moved block could merge them.

resource "promadapter_rule" "this" {
  count = var.counter == null ? 0 : 1

  name       = local.rules[var.metric].name
  namespace  = var.adapter_namespace
  config_map = var.adapter_config_map
  config_key = var.adapter_config_key
  deployment = var.adapter_deployment

  series_query    = local.rules[var.metric].series_query
  resources       = local.of_objects
  metric_name     = { as = var.metric }
  metrics_query   = local.rules[var.metric].metrics_query
  scrape_interval = local.scrape_interval
  await_series_in = local.await_series_in
  wait_timeout    = local.wait_timeout

  # Otherwise the wait for the metric could begin before its series is recorded.
  depends_on = [helm_release.recording]
}

resource "promadapter_rule" "more" {
  for_each = { for m in var.more_counters : m.metric => local.rules[m.metric] }

  name       = each.value.name
  namespace  = var.adapter_namespace
  config_map = var.adapter_config_map
  config_key = var.adapter_config_key
  deployment = var.adapter_deployment

  series_query    = each.value.series_query
  resources       = local.of_objects
  metric_name     = { as = each.key }
  metrics_query   = each.value.metrics_query
  scrape_interval = local.scrape_interval
  await_series_in = local.await_series_in
  wait_timeout    = local.wait_timeout
}

resource "promadapter_rule" "external" {
  for_each = { for m in var.external_metrics : m.metric => m }

  name       = local.rule_names[each.key]
  kind       = "external"
  namespace  = var.adapter_namespace
  config_map = var.adapter_config_map
  config_key = var.adapter_config_key
  deployment = var.adapter_deployment

  series_query    = each.value.series
  resources       = each.value.namespaced ? { namespaced = true, overrides = { namespace = { resource = "namespace" } } } : { namespaced = false, overrides = null }
  metric_name     = { as = each.key }
  metrics_query   = each.value.query
  await_series_in = local.await_series_in
  wait_timeout    = local.wait_timeout
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
      scaleUp = merge(var.scale_up_tolerance == null ? null : { tolerance = local.tolerance.up }, {
        stabilizationWindowSeconds = var.scale_up_stabilization_seconds
        selectPolicy               = "Max"
        policies = [for p in var.scale_up_policies : {
          type          = p.type
          value         = p.value
          periodSeconds = p.period_seconds
        }]
      })
      scaleDown = merge(var.scale_down_tolerance == null ? null : { tolerance = local.tolerance.down }, {
        stabilizationWindowSeconds = var.scale_down_stabilization_seconds
        selectPolicy               = "Max"
        policies = [for p in var.scale_down_policies : {
          type          = p.type
          value         = p.value
          periodSeconds = p.period_seconds
        }]
      })
    }
    }, concat(
    [for service in local.service[*] : { service = service }],
    [for metrics in [local.more_metrics] : { moreMetrics = metrics } if length(metrics) > 0],
  )...))]

  # Otherwise the autoscaler would report errors until its metric is served, and again at destroy, when
  # the metric is removed first: events that look like a fault.
  depends_on = [promadapter_rule.this, promadapter_rule.more, promadapter_rule.external]
}
