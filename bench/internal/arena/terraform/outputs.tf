output "apps" {
  description = "Namespace of each application, by its name."
  value       = { for name, app in module.app : name => app.namespace }
}
