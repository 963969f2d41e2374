# What the suites need besides, most of it the settings that their limits depend on.

output "namespaces" {
  description = "Namespaces of everything that is installed, each once."
  value       = distinct([module.ingress.namespace, module.monitoring.namespace, module.scaling.app.namespace])
}

output "rate_window_seconds" {
  description = "Window of the request rate, in seconds."
  value       = var.rate_window_seconds
}

output "scale_down_stabilization_seconds" {
  description = "Seconds over which the highest recommendation counts before pods are removed."
  value       = var.scale_down_stabilization_seconds
}

output "scale_up_stabilization_seconds" {
  description = "Seconds over which the lowest recommendation counts before pods are added."
  value       = var.scale_up_stabilization_seconds
}

output "scale_up_policies" {
  description = "How many pods may be added within a period."
  value       = module.scaling.autoscaler.scale_up_policies
}

output "adapter_program" {
  description = "What serves the metrics: adapter or prometheus-adapter."
  value       = module.scaling.adapter.program
}

output "activator_deployment" {
  description = "Deployment of the activator, in monitoring_namespace; null without scale_to_zero."
  value       = one(module.scaling.activator[*].deployment)
}

output "metrics_relist_interval_seconds" {
  description = "Interval at which the adapter lists the series in Prometheus, in seconds."
  value       = module.scaling.adapter.metrics_relist_interval_seconds
}

output "keepalive_min_timeout_seconds" {
  description = "Seconds after an answer during which NGINX never closes the connection."
  value       = module.ingress.keepalive_min_timeout_seconds
}

output "network_policies" {
  description = "Whether all connections that are not part of the architecture are refused: network_policies, and only if all parts are bundled."
  value       = local.network_policies
}

output "alerts_scrape_interval_seconds" {
  description = "Seconds between scrapes of the parts that alerts are about, and between evaluations of the rules."
  value       = module.scaling.alerts.scrape_interval_seconds
}

output "alerts_pending_seconds" {
  description = "Seconds for which something must be wrong before an alert fires."
  value       = module.scaling.alerts.pending_seconds
}

output "loadgen_results_command" {
  description = "Command that waits for the end of the load and reads its result; null without a load."
  value       = one(module.loadgen[*].results_command)
}
