terraform {
  required_version = ">= 1.9"

  # The providers find the cluster by KUBE_CONFIG_PATH; a provider block here would stand in the way of
  # who configures them otherwise. State lies beside this file until you give it a backend.
  required_providers {
    helm = {
      source  = "hashicorp/helm"
      version = ">= 3.0.0, < 4.0.0"
    }
    kubernetes = {
      source  = "hashicorp/kubernetes"
      version = ">= 3.0.0, < 4.0.0"
    }
    promadapter = {
      source  = "nginx-prometheus-hpa/promadapter"
      version = ">= 0.1.0"
    }
  }
}
