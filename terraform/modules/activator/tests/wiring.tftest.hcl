# The values that reach the chart. No cluster is needed: the provider is a mock.

mock_provider "helm" {}

variables {
  namespace      = "activator"
  image          = "registry.example.org/activator:v1.2.3"
  prometheus_url = "http://prometheus.monitoring.svc:9090"
  services       = [{ namespace = "app", service = "heavywork", port = 8080, activity = "sum(x)" }]
}

run "defaults" {
  command = plan

  assert {
    condition = yamldecode(helm_release.this.values[0]) == {
      image         = "registry.example.org/activator:v1.2.3"
      replicas      = 2
      prometheusURL = "http://prometheus.monitoring.svc:9090"
      services = [{
        namespace    = "app", service = "heavywork", port = 8080, port_name = "http", address_type = "IPv4", activity = "sum(x)"
        idle_seconds = 300, hold_seconds = 30, read_timeout_seconds = 60, max_held = 1000
      }]
      drainSeconds           = 10
      shutdownTimeoutSeconds = 45
      serviceMonitorRelease  = ""
      networkPolicy = {
        enabled   = false, podCIDR = "10.244.0.0/16", monitoringNamespace = "monitoring"
        apiServer = { cidrs = ["0.0.0.0/0"], port = 6443 }
      }
    }
    error_message = "The chart must get the variables' values."
  }

  assert {
    condition     = output.deployment == "activator" && output.namespace == "activator"
    error_message = "The outputs must name what is installed."
  }
}

run "the_longest_hold_decides" {
  command = plan

  variables {
    services = [
      { namespace = "app", service = "a", port = 8080, activity = "sum(x)" },
      { namespace = "app", service = "b", port = 8081, activity = "sum(y)", hold_seconds = 100, read_timeout_seconds = 200 },
    ]
    longest_request_seconds = 20
  }

  assert {
    condition     = yamldecode(helm_release.this.values[0]).shutdownTimeoutSeconds == 120
    error_message = "An activator that stops must wait for the longest hold and the longest request."
  }
}
