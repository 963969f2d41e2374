terraform {
  required_version = ">= 1.9"

  # The providers find the cluster by KUBE_CONFIG_PATH; a provider block here would prevent configuring them
  # in another way. The state is in this directory until you configure a backend.
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
