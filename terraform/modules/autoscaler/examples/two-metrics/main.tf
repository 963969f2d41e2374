# One autoscaler on two counters: it follows the one that needs more replicas. Many small orders and a few
# large exports can both be too much for a pod.

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
  deployment              = "checkout"
  counter                 = "checkout_orders_total"
  metric                  = "checkout_orders_per_second"
  target_average_value    = 25
  scrape_interval_seconds = 2
  rate_window_seconds     = 10 # at least four scrapes

  more_counters = [{
    counter              = "checkout_exported_bytes_total"
    metric               = "checkout_exported_bytes_per_second"
    target_average_value = 1048576
    rate_window_seconds  = 30
  }]
}

output "hpa" {
  description = "Name of the HorizontalPodAutoscaler."
  value       = module.autoscaler.hpa
}
