# What a HorizontalPodAutoscaler in the namespace app would read for the pods of heavywork.
data "promadapter_metric" "load" {
  metric    = "heavywork_requests_per_second"
  namespace = "app"
  selector  = "app.kubernetes.io/name=heavywork"
}

output "load_by_pod" {
  value = { for v in data.promadapter_metric.load.values : v.object.name => v.value }
}

# An external metric belongs to no object; its values are told apart by labels.
data "promadapter_metric" "queue" {
  kind            = "external"
  metric          = "queue_messages_ready"
  namespace       = "app"
  metric_selector = "queue=orders"
}
