terraform {
  required_version = ">= 1.9"

  # The modules in it say which versions they need. Newer Terraform looks here for where the provider is from when a
  # test replaces it by a mock.
  required_providers {
    promadapter = {
      source  = "nginx-prometheus-hpa/promadapter"
      version = ">= 0.1.0"
    }
  }
}
