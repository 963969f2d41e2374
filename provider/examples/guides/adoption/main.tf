import {
  to = promadapter_rule.orders
  id = "orders=metric:orders_per_second"
}

resource "promadapter_rule" "orders" {
  name         = "orders"
  series_query = "orders_total{namespace!=\"\",pod!=\"\"}"

  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }

  metric_name = {
    matches = "^(.*)_total$"
    as      = "$${1}_per_second"
  }

  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}
