# Workers that empty a queue. What they should be scaled on is not theirs to count: an exporter beside
# the queue has its length, one series for the whole of it. The adapter must claim the API for external
# metrics: external_metrics = true in module adapter.

terraform {
  required_version = ">= 1.9"

  required_providers {
    promadapter = {
      source = "nginx-prometheus-hpa/promadapter"
    }
  }
}

module "autoscaler" {
  source = "../.."

  namespace               = "shop"
  deployment              = "worker"
  max_replicas            = 20
  scrape_interval_seconds = 15
  rate_window_seconds     = 60

  external_metrics = [{
    series               = "queue_messages_ready"
    metric               = "queue_length"
    query                = "sum(<<.Series>>{queue=\"orders\",<<.LabelMatchers>>})"
    target_average_value = 30
  }]

  # A queue that is deep for a moment is no reason to stop workers that are in the middle of something.
  scale_down_stabilization_seconds = 300
}

output "hpa" {
  description = "Name of the HorizontalPodAutoscaler."
  value       = module.autoscaler.hpa
}
