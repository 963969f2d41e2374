# The rules that are compared: the rate of each pod, computed at every request; the value of a
# recording rule; and the rate of the Service's pods together.

terraform {
  required_providers {
    promadapter = {
      source = "nginx-prometheus-hpa/promadapter"
    }
  }
}

variable "rules" {
  description = "Rules to create, out of raw, recorded and workload."
  type        = set(string)
}

variable "series" {
  description = "Series of each rule."
  type        = map(string)
}

variable "metrics" {
  description = "Metric of each rule."
  type        = map(string)
}

variable "window" {
  description = "Window of the rate, as Prometheus writes durations."
  type        = string
}

locals {
  object = { raw = "pod", recorded = "pod", workload = "service" }
  rate   = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[${var.window}])) by (<<.GroupBy>>)"
  query = {
    raw      = local.rate
    workload = local.rate
    recorded = "sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)"
  }
}

resource "promadapter_rule" "this" {
  for_each = var.rules

  name         = "bench-scale-${each.key}"
  namespace    = "monitoring"
  config_map   = "adapter-config"
  deployment   = "prometheus-adapter"
  series_query = "${var.series[each.key]}{namespace!=\"\",${local.object[each.key]}!=\"\"}"
  resources = {
    overrides = {
      namespace                = { resource = "namespace" }
      (local.object[each.key]) = { resource = local.object[each.key] }
    }
  }
  metric_name   = { as = var.metrics[each.key] }
  metrics_query = local.query[each.key]
}
