# What an autoscaler follows beside the rate of the first counter, or instead of it: each metric has a
# rule of its own, and the autoscaler takes the one that asks for most replicas.

locals {
  targets = concat(
    [for m in var.more_counters : {
      kind = "Pods", metric = m.metric, type = "AverageValue", value = m.target_average_value
    }],
    [for m in var.external_metrics : {
      kind  = "External", metric = m.metric
      type  = m.target_value == null ? "AverageValue" : "Value"
      value = coalesce(m.target_average_value, m.target_value)
    }],
  )

  windows = { for m in var.more_counters : m.metric => coalesce(m.rate_window_seconds, var.rate_window_seconds) }

  # As the autoscaler's specification has it; fractions in thousandths, as for the first counter.
  more_metrics = [for t in local.targets : {
    type = t.kind
    (lower(t.kind)) = {
      metric = { name = t.metric }
      target = {
        type                                           = t.type
        (t.type == "Value" ? "value" : "averageValue") = floor(t.value) == t.value ? format("%d", t.value) : format("%dm", floor(t.value * 1000 + 0.5))
      }
    }
  }]
}

resource "promadapter_rule" "more" {
  for_each = { for m in var.more_counters : m.metric => m }

  name       = "${var.namespace}-${var.deployment}-${each.key}"
  namespace  = var.adapter_namespace
  config_map = var.adapter_config_map
  config_key = var.adapter_config_key
  deployment = var.adapter_deployment

  # As for the first counter.
  series_query = "${each.value.counter}{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metric_name = { as = each.key }
  metrics_query = join("", [
    "sum(rate(<<.Series>>{<<.LabelMatchers>>}[${local.windows[each.key]}s])",
    " and rate(<<.Series>>{<<.LabelMatchers>>}[${floor(3000 * var.scrape_interval_seconds)}ms]",
    local.windows[each.key] > 2 * var.scrape_interval_seconds ? " offset ${floor(1000 * (local.windows[each.key] - 2 * var.scrape_interval_seconds))}ms" : "",
    ")) by (<<.GroupBy>>)",
  ])
  scrape_interval = "${floor(var.scrape_interval_seconds * 1000)}ms"
  await_series_in = var.await_metric ? var.namespace : null
  wait_timeout    = "${var.await_timeout_seconds}s"
}

resource "promadapter_rule" "external" {
  for_each = { for m in var.external_metrics : m.metric => m }

  name       = "${var.namespace}-${var.deployment}-${each.key}"
  kind       = "external"
  namespace  = var.adapter_namespace
  config_map = var.adapter_config_map
  config_key = var.adapter_config_key
  deployment = var.adapter_deployment

  series_query    = each.value.series
  resources       = each.value.namespaced ? { namespaced = true, overrides = { namespace = { resource = "namespace" } } } : { namespaced = false, overrides = null }
  metric_name     = { as = each.key }
  metrics_query   = each.value.query
  await_series_in = var.await_metric ? var.namespace : null
  wait_timeout    = "${var.await_timeout_seconds}s"
}
