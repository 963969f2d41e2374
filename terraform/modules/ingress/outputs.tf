output "namespace" {
  description = "Namespace of NGINX and its Gateway."
  value       = local.namespace
}

output "profile" {
  description = "Profile that is installed."
  value       = var.profile
}

output "exposure" {
  description = "How an application is published here: httpRoute (Gateway API) or ingress."
  value       = local.exposure[var.profile]
}

output "class" {
  description = "IngressClass or GatewayClass that NGINX serves. If NGINX's chart creates the IngressClass, it is known once NGINX runs."
  value       = local.class[var.profile]
}

output "gateway_name" {
  description = "Name of the Gateway, for the parentRefs of routes. Known once routes can be created; null where applications are published by Ingress."
  value       = local.gateway_name[var.profile]
}

output "gateway_namespace" {
  description = "Namespace of the Gateway, for the parentRefs of routes; null where applications are published by Ingress."
  value       = local.gateway_namespace[var.profile]
}

output "deployment" {
  description = "Deployment of NGINX; null when it was there before."
  value       = local.deployment[var.profile]
}

output "container" {
  description = "Container of that Deployment in which NGINX runs, and whose log has the requests; null when it was there before."
  value       = local.container[var.profile]
}

output "service" {
  description = "Service in front of NGINX; null when it was there before."
  value       = local.service[var.profile]
}

output "http_node_port" {
  description = "Port on every node that leads to NGINX's HTTP listener; null if NGINX is published in another way."
  value       = local.node_port
}

output "keepalive_min_timeout_seconds" {
  description = "Seconds for which a replaced NGINX may still use connections, and an outdated list of pods."
  value       = var.keepalive_min_timeout_seconds
}

output "metrics" {
  description = "Metrics endpoint of NGINX's control process: namespace, labels of the pods and name of the container port, for module alerts. Null when it was there before."
  value       = local.metrics[var.profile]
}
