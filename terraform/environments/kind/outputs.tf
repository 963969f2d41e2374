# The outputs of every environment: environments/cluster has a link to this file. The outputs that only this
# environment has are in outputs_suites.tf.

output "namespace" {
  description = "Namespace of the application."
  value       = module.scaling.app.namespace
}

output "deployment" {
  description = "Deployment of the application."
  value       = module.scaling.app.deployment
}

output "service" {
  description = "Service of the application."
  value       = module.scaling.app.service
}

output "counter" {
  description = "Counter the application is scaled on."
  value       = module.scaling.app.counter
}

output "hpa" {
  description = "HorizontalPodAutoscaler of the application, in its namespace."
  value       = module.scaling.autoscaler.hpa
}

output "metric" {
  description = "Metric the autoscaler follows."
  value       = module.scaling.autoscaler.metric
}

output "metric_path" {
  description = "Path of the metric in the Kubernetes API: kubectl get --raw \"$(terraform output -raw metric_path)\"."
  value       = module.scaling.autoscaler.metric_path
}

output "target_average_value" {
  description = "Metric's target per pod, as a Kubernetes quantity."
  value       = module.scaling.autoscaler.target_average_value
}

output "min_replicas" {
  description = "Minimum number of pods."
  value       = module.scaling.autoscaler.min_replicas
}

output "max_replicas" {
  description = "Maximum number of pods."
  value       = module.scaling.autoscaler.max_replicas
}

output "monitoring_namespace" {
  description = "Namespace of the operator, Prometheus and the adapter."
  value       = module.monitoring.namespace
}

output "prometheus_service" {
  description = "Service of Prometheus, in monitoring_namespace."
  value       = module.monitoring.prometheus_service
}

output "prometheus_url" {
  description = "URL of Prometheus inside the cluster."
  value       = module.monitoring.prometheus_url
}

output "prometheus_node_port" {
  description = "Port on the node that leads to Prometheus' page; null when there is none."
  value       = var.prometheus_node_port
}

output "release_label" {
  description = "Value of the label \"release\" that makes Prometheus select a ServiceMonitor."
  value       = module.monitoring.release_label
}

output "adapter_deployment" {
  description = "Deployment of the adapter, in monitoring_namespace."
  value       = module.scaling.adapter.deployment
}

output "adapter_config_map" {
  description = "Config map with the adapter's rules, in monitoring_namespace."
  value       = module.scaling.adapter.config_map
}

output "adapter_config_key" {
  description = "Key of that config map under which the rules are."
  value       = module.scaling.adapter.config_key
}

output "exposure" {
  description = "How the application is published: httpRoute or ingress."
  value       = module.ingress.exposure
}

output "ingress_namespace" {
  description = "Namespace of NGINX."
  value       = module.ingress.namespace
}

output "ingress_deployment" {
  description = "Deployment of NGINX, in ingress_namespace."
  value       = module.ingress.deployment
}

output "ingress_container" {
  description = "Container of that Deployment in which NGINX runs, and whose log has the requests."
  value       = module.ingress.container
}

output "grafana_service" {
  description = "Service of Grafana, in monitoring_namespace; null when there is none."
  value       = module.monitoring.grafana_service
}

output "gateway_name" {
  description = "Gateway that routes refer to, in ingress_namespace; null when the application is published by Ingress."
  value       = module.ingress.gateway_name
}

output "http_node_port" {
  description = "Port on the node that leads to NGINX."
  value       = module.ingress.http_node_port
}

output "scrape_interval_seconds" {
  description = "Seconds between scrapes of the application."
  value       = var.scrape_interval_seconds
}
