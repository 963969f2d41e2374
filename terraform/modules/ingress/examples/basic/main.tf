# NGINX Ingress Controller behind a load balancer.

terraform {
  required_version = ">= 1.9"
}

module "ingress" {
  source = "../.."

  profile      = "upstream"
  service_type = "LoadBalancer"
}

output "class" {
  description = "IngressClass for the applications."
  value       = module.ingress.class
}
