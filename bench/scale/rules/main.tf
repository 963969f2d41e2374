# The two rules that are compared: a rate at every request, or the value that a recording
# rule has left.

terraform {
  required_providers {
    promadapter = {
      source = "nginx-prometheus-hpa/promadapter"
    }
  }
}

variable "rules" {
  description = "Rules to have: raw, recorded or both."
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
  query = {
    raw      = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[${var.window}])) by (<<.GroupBy>>)"
    recorded = "sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)"
  }
}

resource "promadapter_rule" "this" {
  for_each = var.rules

  name         = "bench-scale-${each.key}"
  namespace    = "monitoring"
  config_map   = "adapter-config"
  deployment   = "prometheus-adapter"
  series_query = "${var.series[each.key]}{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metric_name   = { as = var.metrics[each.key] }
  metrics_query = local.query[each.key]
}
