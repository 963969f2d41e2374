# How the modules are combined on an existing cluster. No cluster is needed: all providers are mocks.

mock_provider "helm" {}
mock_provider "kubernetes" {}
mock_provider "promadapter" {}

variables {
  app_image = "registry.example.org/heavywork:1.2.3"
}

run "everything_from_the_usual_charts" {
  command = apply

  assert {
    condition     = output.exposure == "ingress" && output.ingress_deployment == "nginx-ingress-controller" && output.http_node_port == null
    error_message = "NGINX Ingress Controller publishes the application, behind a load balancer."
  }

  assert {
    condition     = output.prometheus_url == "http://kps-prometheus.monitoring.svc:9090" && output.release_label == "prometheus" && output.grafana_service == "prometheus-grafana"
    error_message = "Prometheus must come from kube-prometheus-stack."
  }

  assert {
    condition     = output.adapter_deployment == "prometheus-adapter" && output.adapter_config_map == "adapter-config" && module.scaling.adapter.namespace == "monitoring"
    error_message = "The adapter runs in Prometheus' namespace."
  }

  assert {
    condition     = output.hpa == "heavywork" && output.target_average_value == "10" && output.min_replicas == 1 && output.max_replicas == 5
    error_message = "The autoscaler must scale the application."
  }
}

run "gateway_instead_of_ingress" {
  command = apply

  variables {
    ingress_profile      = "upstream-gateway"
    ingress_service_type = "NodePort"
    http_node_port       = 31080
    gateway_name         = "public"
  }

  assert {
    condition     = output.exposure == "httpRoute" && output.gateway_name == "public" && output.ingress_deployment == "public-nginx" && output.http_node_port == 31080
    error_message = "NGINX Gateway Fabric publishes the application with a route on its Gateway."
  }
}

run "all_three_are_there" {
  command = apply

  variables {
    ingress_profile      = "existing"
    ingress_exposure     = "ingress"
    ingress_class        = "public"
    monitoring_profile   = "existing"
    monitoring_namespace = "observability"
    prometheus_service   = "prometheus-operated"
    release_label        = "kube-prometheus-stack"
    adapter_profile      = "existing"
    adapter_namespace    = "kube-system"
    adapter_name         = "custom-metrics"
    adapter_config_map   = "custom-metrics-rules"
    adapter_config_key   = "rules.yaml"
  }

  assert {
    condition     = output.release_label == "kube-prometheus-stack" && output.monitoring_namespace == "observability" && output.prometheus_url == "http://prometheus-operated.observability.svc:9090"
    error_message = "The existing Prometheus must be passed on."
  }

  assert {
    condition     = module.scaling.adapter.namespace == "kube-system" && output.adapter_deployment == "custom-metrics" && output.adapter_config_map == "custom-metrics-rules" && output.adapter_config_key == "rules.yaml"
    error_message = "The rule must go to the existing adapter."
  }

  assert {
    condition     = output.exposure == "ingress" && output.ingress_deployment == null && output.grafana_service == null
    error_message = "Only the application and its autoscaler may be installed."
  }
}

run "profiles_for_other_places" {
  command = plan

  variables {
    ingress_profile    = "bundled"
    monitoring_profile = "bundled"
    adapter_profile    = "bundled"
  }

  expect_failures = [var.ingress_profile, var.monitoring_profile, var.adapter_profile]
}

run "two_of_everything" {
  command = plan

  variables {
    ha                       = true
    prometheus_storage_class = "standard"
  }

  assert {
    condition     = local.replicas == 2 && output.min_replicas == 2 && length(kubernetes_priority_class.autoscaling) == 1 && length(module.monitoring.prometheus_urls) == 2
    error_message = "There must be two of each part, and two pods of the application: draining a node evicts one."
  }
}

run "one_pod_of_an_application_that_is_to_survive" {
  command = plan
  variables {
    ha           = true
    min_replicas = 1
  }
  expect_failures = [var.min_replicas]
}

run "to_zero" {
  command = plan
  variables {
    scale_to_zero   = true
    activator_image = "registry.example.org/activator:v1.2.3"
  }
  assert {
    condition     = module.scaling.activator != null
    error_message = "scale_to_zero must install the activator."
  }
}

run "to_zero_without_an_image" {
  command = plan
  variables {
    scale_to_zero = true
  }
  expect_failures = [var.scale_to_zero]
}
