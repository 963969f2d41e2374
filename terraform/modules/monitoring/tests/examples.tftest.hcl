# What the examples create. No cluster is needed: all providers are mocks.

mock_provider "helm" {}
mock_provider "kubernetes" {}

run "kube_prometheus_stack" {
  command = plan

  module {
    source = "./examples/basic"
  }

  assert {
    condition     = output.prometheus_url == "http://kps-prometheus.monitoring.svc:9090"
    error_message = "The example installs one Prometheus."
  }
}
