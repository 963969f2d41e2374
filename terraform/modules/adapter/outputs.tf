output "namespace" {
  description = "Namespace of the adapter and of its rules."
  value       = one(concat(helm_release.this[*].namespace, helm_release.upstream[*].namespace, var.profile == "existing" ? [var.namespace] : []))
}

output "deployment" {
  description = "Deployment of the adapter, to be rolled when a rule changes, unless the adapter reloads its rules."
  value       = one(concat(helm_release.this[*].name, helm_release.upstream[*].name, var.profile == "existing" ? [var.name] : []))
}

output "program" {
  description = "What serves the metrics: adapter or prometheus-adapter; null when the adapter was there before."
  value       = { bundled = var.program, upstream = "prometheus-adapter", existing = null }[var.profile]
}

output "config_map" {
  description = "Config map with the adapter's rules. Known once the adapter reads it."
  value       = one(concat(kubernetes_config_map.rules[*].metadata[0].name, var.profile == "existing" ? [var.config_map] : []))

  # Otherwise a rule could be written before the adapter exists, and destroyed after the adapter: the
  # provider would wait until it times out.
  depends_on = [helm_release.this, helm_release.upstream]
}

output "config_key" {
  description = "Key of the config map under which the rules are."
  value       = local.config_key
}

output "verified" {
  description = "Whether the authority that signed the adapter's certificate is in the Secret <deployment>-tls, for module alerts."
  value       = local.bundled
}

output "metrics_relist_interval_seconds" {
  description = "Seconds between queries for the series that exist; null when the adapter was there before."
  value       = var.profile == "existing" ? null : var.metrics_relist_interval_seconds
}
