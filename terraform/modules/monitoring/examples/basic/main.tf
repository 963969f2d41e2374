# kube-prometheus-stack, without Grafana.

terraform {
  required_version = ">= 1.9"
}

module "monitoring" {
  source = "../.."

  profile = "upstream"
  grafana = false
}

output "prometheus_url" {
  description = "URL of Prometheus inside the cluster."
  value       = module.monitoring.prometheus_url
}
