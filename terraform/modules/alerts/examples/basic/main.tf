# Alerts on the adapter, the operator and one autoscaler.

terraform {
  required_version = ">= 1.9"
}

module "alerts" {
  source = "../.."

  namespace     = "monitoring"
  release_label = "prometheus"

  autoscalers = [{
    namespace            = "shop"
    deployment           = "checkout"
    counter              = "checkout_orders_total"
    target_average_value = 25
    max_replicas         = 10
  }]
}

output "prometheus_rule" {
  description = "PrometheusRule with the alerts."
  value       = module.alerts.prometheus_rule
}
