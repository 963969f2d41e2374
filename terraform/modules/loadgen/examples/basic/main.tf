# A constant load from four pods.

terraform {
  required_version = ">= 1.9"
}

module "loadgen" {
  source = "../.."

  namespace = "shop"
  image     = "registry.example.org/loadgen:1.2.3"
  target    = "http://checkout.shop.svc/orders"
  profile   = "constant:rate=200,duration=60"
  pods      = 4
}

output "results_command" {
  description = "Command that reads the result."
  value       = module.loadgen.results_command
}
