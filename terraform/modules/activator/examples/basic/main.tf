# The activator for this project's application.

terraform {
  required_version = ">= 1.9"
}

module "activator" {
  source = "../.."

  namespace      = "activator"
  image          = "registry.example.org/activator:v1.2.3"
  prometheus_url = "http://prometheus.monitoring.svc:9090"

  services = [{
    namespace  = "app"
    service    = "heavywork"
    port       = 8080
    autoscaler = "heavywork"
    activity   = "sum(heavywork_http_requests_in_flight{namespace=\"app\"}) + sum(increase(heavywork_http_requests_total{namespace=\"app\"}[10s]))"
    live       = { port = 8000, in_flight = "heavywork_http_requests_in_flight" }
  }]
}

output "deployment" {
  description = "Deployment of the activator."
  value       = module.activator.deployment
}
