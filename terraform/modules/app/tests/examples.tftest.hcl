# What the examples create. No cluster is needed: all providers are mocks.

mock_provider "helm" {}
mock_provider "kubernetes" {}

run "behind_an_ingress" {
  command = plan

  module {
    source = "./examples/basic"
  }

  assert {
    condition     = output.deployment == "heavywork"
    error_message = "The example installs the application."
  }
}
