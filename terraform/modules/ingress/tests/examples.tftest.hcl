# What the examples create. No cluster is needed: all providers are mocks.

mock_provider "helm" {}
mock_provider "kubernetes" {}

run "behind_a_load_balancer" {
  command = plan

  module {
    source = "./examples/basic"
  }

  assert {
    condition     = output.class == "nginx"
    error_message = "The example serves the class nginx."
  }
}
