locals {
  rule = {
    series_query = "orders_total{namespace!=\"\",pod!=\"\"}"
    resources = {
      overrides = {
        namespace = { resource = "namespace" }
        pod       = { resource = "pod" }
      }
    }
    metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
  }
}

# What the adapter asks Prometheus when a HorizontalPodAutoscaler asks for the metric of two pods. A promadapter_rule can be used in
# place of local.rule.
output "query" {
  value = provider::promadapter::render_query(local.rule, {
    namespace = "shop"
    names     = ["web-0", "web-1"]
  })
}
