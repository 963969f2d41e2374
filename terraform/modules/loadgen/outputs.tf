output "name" {
  description = "Name of the load, for loadgen cluster results."
  value       = helm_release.this.name
}

output "namespace" {
  description = "Namespace of the load."
  value       = helm_release.this.namespace
}

output "results_command" {
  description = "Command that waits for the end of the load and reads its result."
  value       = "loadgen cluster results ${helm_release.this.name} --namespace ${helm_release.this.namespace}"
}
