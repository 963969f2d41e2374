# What the examples create. No cluster is needed: all providers are mocks.

mock_provider "helm" {}

run "one_autoscaler" {
  command = plan

  module {
    source = "./examples/basic"
  }

  assert {
    condition     = output.prometheus_rule == "alerts"
    error_message = "The example must install the alerts."
  }
}
