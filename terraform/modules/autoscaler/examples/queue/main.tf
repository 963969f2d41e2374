# Workers that process a queue, scaled on the queue's length. An exporter next to the queue exposes it, as
# one series for all workers. The adapter must claim the API for external metrics: external_metrics = true
# in module adapter.

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

  # A queue that is short for a moment is no reason to stop workers in the middle of their work.
  scale_down_stabilization_seconds = 300
}

output "hpa" {
  description = "Name of the HorizontalPodAutoscaler."
  value       = module.autoscaler.hpa
}
