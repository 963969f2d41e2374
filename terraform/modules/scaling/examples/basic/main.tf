# The application and what scales it, on a cluster that has NGINX and Prometheus already.

terraform {
  required_version = ">= 1.9"

  required_providers {
    promadapter = {
      source = "nginx-prometheus-hpa/promadapter"
    }
  }
}

module "scaling" {
  source = "../.."

  app        = { image = "registry.example.org/heavywork:1.2.3" }
  adapter    = { profile = "upstream" }
  autoscaler = { target_average_value = 10, scrape_interval_seconds = 1 }

  ingress_namespace = "ingress-nginx"
  ingress_class     = "nginx"
  exposure          = "ingress"

  monitoring_namespace = "monitoring"
  release_label        = "kube-prometheus-stack"
  prometheus_url       = "http://kube-prometheus-stack-prometheus.monitoring.svc:9090"
}

output "metric_path" {
  description = "Path of the metric in the Kubernetes API."
  value       = module.scaling.autoscaler.metric_path
}
