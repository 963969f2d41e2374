terraform {
  required_version = ">= 1.9"

  required_providers {
    helm = {
      source  = "hashicorp/helm"
      version = ">= 1.3.2"
    }
    promadapter = {
      source  = "nginx-prometheus-hpa/promadapter"
      version = ">= 0.1.0"
    }
  }
}
