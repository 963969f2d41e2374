terraform {
  required_providers {
    promadapter = {
      source  = "nginx-prometheus-hpa/promadapter"
      version = "~> 0.1"
    }
  }
}

# Everything has a default: the cluster of KUBE_CONFIG_PATH or KUBECONFIG, and the names below.
provider "promadapter" {
  config_path     = "~/.kube/config"
  namespace       = "monitoring"
  config_map      = "adapter-config"
  deployment      = "prometheus-adapter"
  scrape_interval = "15s"
}
