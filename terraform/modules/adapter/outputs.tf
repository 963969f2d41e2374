output "namespace" {
  description = "Namespace of the adapter and of its rules."
  value       = helm_release.this.namespace
}

output "deployment" {
  description = "Deployment of the adapter, to be rolled when a rule changes."
  value       = helm_release.this.name
}

output "config_map" {
  description = "Config map with the adapter's rules. Known once the adapter reads it."
  value       = kubernetes_config_map.rules.metadata[0].name

  # Without it a rule could be written before the adapter is there to serve it, and at destroy the
  # adapter could be gone before its rules: the provider would wait for it in vain.
  depends_on = [helm_release.this]
}

output "config_key" {
  description = "Key of the config map under which the rules are."
  value       = local.config_key
}
