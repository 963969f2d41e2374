# The application, published by an Ingress.

terraform {
  required_version = ">= 1.9"
}

module "app" {
  source = "../.."

  image         = "registry.example.org/heavywork:1.2.3"
  exposure      = "ingress"
  ingress_class = "nginx"
}

output "deployment" {
  description = "Deployment of the application."
  value       = module.app.deployment
}
