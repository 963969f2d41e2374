# Each validation in variables.tf refuses what it should.

mock_provider "helm" {}

variables {
  namespace      = "activator"
  image          = "registry.example.org/activator:v1.2.3"
  prometheus_url = "http://prometheus.monitoring.svc:9090"
  services       = [{ namespace = "app", service = "heavywork", port = 8080, activity = "sum(x)" }]
}

run "no_service" {
  command = plan
  variables {
    services = []
  }
  expect_failures = [var.services]
}

run "name_of_no_service" {
  command = plan
  variables {
    services = [{ namespace = "app", service = "Heavywork", port = 8080, activity = "sum(x)" }]
  }
  expect_failures = [var.services]
}

run "no_query" {
  command = plan
  variables {
    services = [{ namespace = "app", service = "heavywork", port = 8080, activity = " " }]
  }
  expect_failures = [var.services]
}

run "port_out_of_range" {
  command = plan
  variables {
    services = [{ namespace = "app", service = "heavywork", port = 0, activity = "sum(x)" }]
  }
  expect_failures = [var.services]
}

run "one_port_twice" {
  command = plan
  variables {
    services = [{ namespace = "app", service = "heavywork", port = 8080, activity = "sum(x)" }, { namespace = "app", service = "other", port = 8080, activity = "sum(x)" }]
  }
  expect_failures = [var.services]
}

run "held_as_long_as_the_proxy_waits" {
  command = plan
  variables {
    services = [{ namespace = "app", service = "heavywork", port = 8080, activity = "sum(x)", hold_seconds = 60 }]
  }
  expect_failures = [var.services]
}

run "idle_for_no_time" {
  command = plan
  variables {
    services = [{ namespace = "app", service = "heavywork", port = 8080, activity = "sum(x)", idle_seconds = 1 }]
  }
  expect_failures = [var.services]
}

run "nobody_held" {
  command = plan
  variables {
    services = [{ namespace = "app", service = "heavywork", port = 8080, activity = "sum(x)", max_held = 0 }]
  }
  expect_failures = [var.services]
}

run "name_that_starts_with_a_digit" {
  command = plan
  variables {
    name = "2nd"
  }
  expect_failures = [var.name]
}

run "namespace_that_is_no_label" {
  command = plan
  variables {
    namespace = ""
  }
  expect_failures = [var.namespace]
}

run "image_without_a_tag" {
  command = plan
  variables {
    image = "activator"
  }
  expect_failures = [var.image]
}

run "url_without_a_scheme" {
  command = plan
  variables {
    prometheus_url = "prometheus:9090"
  }
  expect_failures = [var.prometheus_url]
}

run "no_replicas" {
  command = plan
  variables {
    replicas = 0
  }
  expect_failures = [var.replicas]
}

run "drain_too_long" {
  command = plan
  variables {
    drain_seconds = 601
  }
  expect_failures = [var.drain_seconds]
}

run "no_time_for_requests" {
  command = plan
  variables {
    longest_request_seconds = 0
  }
  expect_failures = [var.longest_request_seconds]
}

run "monitoring_that_is_no_label" {
  command = plan
  variables {
    monitoring_namespace = "A"
  }
  expect_failures = [var.monitoring_namespace]
}

run "pods_that_are_no_range" {
  command = plan
  variables {
    pod_cidr = "pods"
  }
  expect_failures = [var.pod_cidr]
}

run "api_server_nowhere" {
  command = plan
  variables {
    api_server_cidrs = []
  }
  expect_failures = [var.api_server_cidrs]
}

run "api_server_port_out_of_range" {
  command = plan
  variables {
    api_server_port = 0
  }
  expect_failures = [var.api_server_port]
}
