# How the modules are combined. No cluster is needed: all providers are mocks.

mock_provider "helm" {}
mock_provider "kubernetes" {}
mock_provider "promadapter" {}

variables {
  app        = { image = "registry.example.org/heavywork:1.2.3" }
  adapter    = { profile = "upstream" }
  autoscaler = { target_average_value = 2.5, scrape_interval_seconds = 2, rate_window_seconds = 10, max_replicas = 9 }

  ingress_namespace    = "ingress"
  exposure             = "ingress"
  ingress_class        = "nginx"
  monitoring_namespace = "monitoring"
  release_label        = "prometheus"
  prometheus_url       = "http://prometheus.monitoring.svc:9090"
  operator_name        = "prometheus-operator"
}

run "one_application_and_its_autoscaler" {
  command = plan

  assert {
    condition     = output.app.namespace == "app" && output.adapter.namespace == "monitoring" && output.autoscaler.namespace == "app" && output.autoscaler.hpa == "heavywork"
    error_message = "The autoscaler must follow the application, and the adapter run in Prometheus' namespace."
  }

  assert {
    condition     = output.autoscaler.target_average_value == "2500m" && output.autoscaler.max_replicas == 9 && output.autoscaler.min_replicas == 1
    error_message = "What is set must reach the autoscaler; the rest must be its module's defaults."
  }

  assert {
    condition     = output.alerts != null
    error_message = "If Prometheus is installed here, there must be alerts."
  }
}

run "no_alerts_unless_asked_for" {
  command = plan
  variables {
    alerts = false
  }
  assert {
    condition     = output.alerts == null
    error_message = "There must be no alerts unless they are enabled."
  }
}

run "no_alerts_for_a_prometheus_that_was_there" {
  command = plan
  variables {
    operator_name = null
  }
  assert {
    condition     = output.alerts == null
    error_message = "For an existing Prometheus there must be no alerts: nothing is known about its operator."
  }
}

run "no_alerts_on_an_adapter_elsewhere" {
  command = plan
  variables {
    adapter = { profile = "existing", namespace = "kube-system", name = "custom-metrics" }
  }
  assert {
    condition     = output.alerts == null && output.adapter.namespace == "kube-system" && output.adapter.deployment == "custom-metrics"
    error_message = "There must be no alerts for an adapter outside Prometheus' namespace."
  }
}

run "one_replica_stays_unless_asked_for" {
  command = plan
  assert {
    condition     = output.activator == null
    error_message = "There must be no activator unless it is enabled."
  }
}

run "to_zero" {
  command = plan
  variables {
    activator = { image = "registry.example.org/activator:v1.2.3", prometheus_url = "http://prometheus.monitoring.svc:9090", idle_seconds = 20 }
  }
  assert {
    condition     = output.activator.namespace == "monitoring"
    error_message = "The activator runs in the namespace of the Prometheus that it queries."
  }
  assert {
    condition     = module.activator[0].services[0].port == 8080 && module.activator[0].services[0].autoscaler == "heavywork" && module.activator[0].services[0].idle_seconds == 20 && module.activator[0].services[0].hold_seconds == 30
    error_message = "The activator must manage the application's Service; what is not set must be its module's default."
  }
  assert {
    condition     = strcontains(module.activator[0].services[0].activity, "[20s]")
    error_message = "The range of the activity query must cover several scrapes, here of 2 s."
  }
}

run "to_zero_from_two" {
  command = plan
  variables {
    activator  = { image = "registry.example.org/activator:v1.2.3", prometheus_url = "http://prometheus.monitoring.svc:9090" }
    autoscaler = { target_average_value = 2.5, scrape_interval_seconds = 2, min_replicas = 2 }
  }
  expect_failures = [var.activator]
}
