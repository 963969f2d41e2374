# What the examples create. No cluster is needed: all providers are mocks.

mock_provider "helm" {}
mock_provider "kubernetes" {}
mock_provider "promadapter" {}

run "on_nginx_and_prometheus_of_yours" {
  command = plan

  module {
    source = "./examples/basic"
  }

  assert {
    condition     = output.metric_path == "/apis/custom.metrics.k8s.io/v1beta1/namespaces/app/pods/*/heavywork_requests_per_second"
    error_message = "The example scales the application on its requests."
  }
}
