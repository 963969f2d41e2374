# What the examples create. No cluster is needed: the provider is a mock.

mock_provider "helm" {}

run "one_service" {
  command = plan

  module {
    source = "./examples/basic"
  }

  assert {
    condition     = output.deployment == "activator"
    error_message = "The example installs the activator under its usual name."
  }
}
