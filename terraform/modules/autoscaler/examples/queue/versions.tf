terraform {
  required_version = ">= 1.9"

  required_providers {
    promadapter = {
      source = "nginx-prometheus-hpa/promadapter"
    }
  }
}
