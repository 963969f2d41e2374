# Each validation in variables.tf refuses what it should.

mock_provider "helm" {}

variables {
  namespace     = "monitoring"
  release_label = "prometheus"
}

run "namespace_that_is_no_label" {
  command = plan
  variables {
    namespace = "Monitoring"
  }
  expect_failures = [var.namespace]
}

run "release_label_that_is_no_value" {
  command = plan
  variables {
    release_label = "-"
  }
  expect_failures = [var.release_label]
}

run "service_account_that_is_no_name" {
  command = plan
  variables {
    prometheus_service_account = ""
  }
  expect_failures = [var.prometheus_service_account]
}

run "adapter_name_that_is_no_service" {
  command = plan
  variables {
    adapter_name = "2nd"
  }
  expect_failures = [var.adapter_name]
}

run "ingress_of_all_pods" {
  command = plan
  variables {
    ingress = { namespace = "ingress", labels = {}, metrics_port = "metrics" }
  }
  expect_failures = [var.ingress]
}

run "counter_with_a_selector" {
  command = plan
  variables {
    autoscalers = [{ namespace = "app", deployment = "heavywork", counter = "requests_total{}", target_average_value = 10, max_replicas = 5 }]
  }
  expect_failures = [var.autoscalers]
}

run "target_of_nothing" {
  command = plan
  variables {
    autoscalers = [{ namespace = "app", deployment = "heavywork", counter = "requests_total", target_average_value = 0, max_replicas = 5 }]
  }
  expect_failures = [var.autoscalers]
}

run "activator_of_nothing" {
  command = plan
  variables {
    activator = true
  }
  expect_failures = [var.activator]
}

run "scrapes_too_far_apart_for_the_rules" {
  command = plan
  variables {
    scrape_interval_seconds = 31
  }
  expect_failures = [var.scrape_interval_seconds]
}

run "pending_of_a_fraction" {
  command = plan
  variables {
    pending_seconds = 0.5
  }
  expect_failures = [var.pending_seconds]
}

run "runbook_url_with_a_fragment" {
  command = plan
  variables {
    runbook_url = "https://example.org/runbooks#top"
  }
  expect_failures = [var.runbook_url]
}

run "port_without_a_name" {
  command = plan
  variables {
    prometheus_port = "HTTP:9090"
  }
  expect_failures = [var.prometheus_port]
}

run "operator_that_is_no_label_value" {
  command = plan
  variables {
    operator_name = "prometheus operator"
  }
  expect_failures = [var.operator_name]
}
