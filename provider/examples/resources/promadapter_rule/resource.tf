# Serves heavywork_requests_per_second for pods, made from the counter heavywork_requests_total.
resource "promadapter_rule" "heavywork" {
  name         = "heavywork"
  series_query = "heavywork_requests_total{namespace!=\"\",pod!=\"\"}"

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

  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[15s])) by (<<.GroupBy>>)"
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
