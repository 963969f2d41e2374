# Your own Deployment, scaled on your own counter.

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
}

output "hpa" {
  description = "Name of the HorizontalPodAutoscaler."
  value       = module.autoscaler.hpa
}
