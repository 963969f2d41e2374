# What the examples make. No cluster: the provider is a mock.

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
