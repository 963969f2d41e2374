# The community's prometheus-adapter, for the Prometheus of kube-prometheus-stack.

terraform {
  required_version = ">= 1.9"
}

module "adapter" {
  source = "../.."

  profile        = "upstream"
  namespace      = "monitoring"
  prometheus_url = "http://kps-prometheus.monitoring.svc:9090"
}

output "deployment" {
  description = "Deployment of the adapter."
  value       = module.adapter.deployment
}
