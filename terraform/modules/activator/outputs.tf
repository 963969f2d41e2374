output "deployment" {
  description = "Deployment of the activator. Known once it runs."
  value       = helm_release.this.name
}

output "namespace" {
  description = "Namespace of the activator."
  value       = helm_release.this.namespace
}

output "services" {
  description = "The Services it manages, with all defaults."
  value       = local.services
}
