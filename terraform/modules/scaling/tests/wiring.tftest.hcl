# How the modules are put together. No cluster: all providers are mocks.

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
    error_message = "The autoscaler follows the application, and the adapter lives beside Prometheus."
  }

  assert {
    condition     = output.autoscaler.target_average_value == "2500m" && output.autoscaler.max_replicas == 9 && output.autoscaler.min_replicas == 1
    error_message = "What is said reaches the autoscaler; what is not, is its module's default."
  }

  assert {
    condition     = output.alerts != null
    error_message = "Where Prometheus is installed here, there are alerts."
  }
}

run "no_alerts_unless_asked_for" {
  command = plan
  variables {
    alerts = false
  }
  assert {
    condition     = output.alerts == null
    error_message = "Alerts must stay away when they are not asked for."
  }
}

run "no_alerts_for_a_prometheus_that_was_there" {
  command = plan
  variables {
    operator_name = null
  }
  assert {
    condition     = output.alerts == null
    error_message = "Nothing is known of the operator of a Prometheus that was there before."
  }
}

run "no_alerts_on_an_adapter_elsewhere" {
  command = plan
  variables {
    adapter = { profile = "existing", namespace = "kube-system", name = "custom-metrics" }
  }
  assert {
    condition     = output.alerts == null && output.adapter.namespace == "kube-system" && output.adapter.deployment == "custom-metrics"
    error_message = "The alerts are about an adapter in the namespace of Prometheus."
  }
}
