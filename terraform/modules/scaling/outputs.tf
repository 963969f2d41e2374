output "app" {
  description = "Outputs of module app."
  value       = module.app
}

output "adapter" {
  description = "Outputs of module adapter."
  value       = module.adapter
}

output "autoscaler" {
  description = "Outputs of module autoscaler. Known once all of it exists."
  value       = module.autoscaler
}

output "activator" {
  description = "Outputs of module activator; null when there is none."
  value       = one(module.activator)
}

output "alerts" {
  description = "Outputs of module alerts; null when there are none."
  value       = one(module.alerts)
}
