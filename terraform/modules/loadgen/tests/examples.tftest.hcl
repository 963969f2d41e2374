# What the examples create. No cluster is needed: all providers are mocks.

mock_provider "helm" {}

run "constant_load" {
  command = plan

  module {
    source = "./examples/basic"
  }

  assert {
    condition     = output.results_command == "loadgen cluster results load --namespace shop"
    error_message = "The example sends a load in the namespace shop."
  }
}
