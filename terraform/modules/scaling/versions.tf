terraform {
  required_version = ">= 1.9"

  # The modules called here set the versions they need. Newer Terraform needs the provider's source here when a
  # test replaces it by a mock.
  required_providers {
    promadapter = {
      source  = "nginx-prometheus-hpa/promadapter"
      version = ">= 0.1.0"
    }
  }
}
