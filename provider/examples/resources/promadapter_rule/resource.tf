# A custom metric, orders_per_second, for pods: made from the counter orders_total.
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

  metrics_query   = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
  await_series_in = "shop"
}

# An external metric: the length of a queue, which belongs to nothing in the cluster.
resource "promadapter_rule" "queue" {
  name          = "queue"
  kind          = "external"
  series_query  = "queue_messages_ready"
  resources     = { namespaced = false }
  metrics_query = "sum(<<.Series>>{<<.LabelMatchers>>})"
  wait_timeout  = "5m"
}
