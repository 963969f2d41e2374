# What the examples create. No cluster is needed: all providers are mocks.

mock_provider "helm" {}
mock_provider "kubernetes" {}

run "the_communitys_adapter" {
  command = plan

  module {
    source = "./examples/basic"
  }

  assert {
    condition     = output.deployment == "prometheus-adapter"
    error_message = "The example installs the adapter under its usual name."
  }
}
