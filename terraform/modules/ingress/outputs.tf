output "namespace" {
  description = "Namespace of NGINX and its Gateway."
  value       = kubernetes_namespace.this.metadata[0].name
}

output "profile" {
  description = "Profile that is installed."
  value       = var.profile
}

output "class" {
  description = "GatewayClass that NGINX serves."
  value       = local.class[var.profile]
}

output "gateway_name" {
  description = "Name of the Gateway, for the parentRefs of routes. Known once routes can be created."
  value       = local.gateway_name[var.profile]
}

output "gateway_namespace" {
  description = "Namespace of the Gateway, for the parentRefs of routes."
  value       = local.gateway_namespace[var.profile]
}

output "deployment" {
  description = "Deployment of NGINX."
  value       = local.deployment[var.profile]
}

output "service" {
  description = "Service in front of NGINX."
  value       = local.service[var.profile]
}

output "http_node_port" {
  description = "Port on every node that leads to NGINX's plain HTTP listener."
  value       = var.http_node_port
}

output "keepalive_min_timeout_seconds" {
  description = "Seconds for which an NGINX that was replaced may still use connections, and with them an outdated list of pods."
  value       = var.keepalive_min_timeout_seconds
}
