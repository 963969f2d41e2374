# What the suites have to know beside it, most of it the settings they judge by.

output "namespaces" {
  description = "Namespaces of all that is laid down, each once."
  value       = distinct([module.ingress.namespace, module.monitoring.namespace, module.scaling.app.namespace])
}

output "rate_window_seconds" {
  description = "Seconds of history the request rate is taken over."
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
  description = "Seconds between two questions of the adapter which series exist."
  value       = module.scaling.adapter.metrics_relist_interval_seconds
}

output "keepalive_min_timeout_seconds" {
  description = "Seconds after an answer within which NGINX never closes the connection."
  value       = module.ingress.keepalive_min_timeout_seconds
}

output "network_policies" {
  description = "Whether every connection that is not part of the architecture is refused: as the variable says, and with bundled parts only."
  value       = local.network_policies
}

output "alerts_scrape_interval_seconds" {
  description = "Seconds between two scrapes of the parts that alerts are about, and between two evaluations of the rules."
  value       = module.scaling.alerts.scrape_interval_seconds
}

output "alerts_pending_seconds" {
  description = "Seconds for which something must be wrong before an alert fires."
  value       = module.scaling.alerts.pending_seconds
}

output "loadgen_results_command" {
  description = "Command that waits for the end of the load and reads its result; null when no load was asked for."
  value       = one(module.loadgen[*].results_command)
}
