# How the modules are combined. No cluster is needed: all providers are mocks.

mock_provider "helm" {}
mock_provider "kubernetes" {}
mock_provider "promadapter" {}

variables {
  images = {
    prometheus                 = "quay.io/prometheus/prometheus:1.2.3"
    prometheus_operator        = "quay.io/prometheus-operator/prometheus-operator:v1.2.3"
    prometheus_config_reloader = "quay.io/prometheus-operator/prometheus-config-reloader:v1.2.3"
    prometheus_adapter         = "registry.k8s.io/prometheus-adapter/prometheus-adapter:v1.2.3"
    nginx_gateway_fabric       = "ghcr.io/nginx/nginx-gateway-fabric:1.2.3"
    nginx                      = "ghcr.io/nginx/nginx-gateway-fabric/nginx:1.2.3"
  }
  # Any chart will do if only its existence is checked.
  chart_dirs = {
    nginx_gateway_fabric = "../../modules/ingress/chart"
    ingress_crds         = "../../modules/ingress/chart"
    monitoring_crds      = "../../modules/monitoring/chart"
  }
  app_image     = "localhost/heavywork:1.2.3"
  adapter_image = "localhost/adapter:1.2.3"
}

run "names_of_the_environment" {
  command = apply

  assert {
    condition     = output.namespace == "app" && output.deployment == "heavywork" && output.service == "heavywork" && output.hpa == "heavywork"
    error_message = "The application and its autoscaler must be named heavywork, in the namespace app."
  }

  assert {
    condition     = output.metric_path == "/apis/custom.metrics.k8s.io/v1beta1/namespaces/app/pods/*/heavywork_requests_per_second"
    error_message = "The metric must be served for the application's pods."
  }

  assert {
    condition     = output.target_average_value == "10" && output.min_replicas == 1 && output.max_replicas == 5
    error_message = "The environment scales from 1 to 5 pods at 10 requests per second each."
  }

  assert {
    condition     = output.prometheus_url == "http://prometheus.monitoring.svc:9090"
    error_message = "The adapter must query the Prometheus of module monitoring."
  }

  assert {
    condition     = module.scaling.adapter.namespace == output.monitoring_namespace
    error_message = "The adapter runs in Prometheus' namespace."
  }
}

run "settings_pass_through" {
  command = apply

  variables {
    http_node_port                   = 31080
    prometheus_node_port             = null
    target_requests_per_second       = 0.5
    min_replicas                     = 2
    max_replicas                     = 8
    scrape_interval_seconds          = 5
    rate_window_seconds              = 20
    scale_down_stabilization_seconds = 120
  }

  assert {
    condition     = output.http_node_port == 31080
    error_message = "NGINX must be published on http_node_port."
  }

  assert {
    condition     = output.target_average_value == "500m" && output.min_replicas == 2 && output.max_replicas == 8
    error_message = "The autoscaler must follow the variables."
  }
}

run "replicas_stop_before_nginx_forgets_them" {
  command = plan

  variables {
    keepalive_min_timeout_seconds = 6
  }

  expect_failures = [var.app_drain_seconds]
}

run "no_load_unless_asked_for" {
  command = apply

  assert {
    condition     = length(module.loadgen) == 0 && output.loadgen_results_command == null
    error_message = "By default the environment sends no load."
  }
}

run "load_from_inside" {
  command = apply

  variables {
    loadgen_image = "localhost/loadgen:1.2.3"
    loadgen       = { profile = "constant:rate=40,duration=30", pods = 3 }
  }

  assert {
    condition     = output.loadgen_results_command == "loadgen cluster results load --namespace app"
    error_message = "The load runs in the application's namespace."
  }
}

run "load_without_an_image" {
  command = plan

  variables {
    loadgen = {}
  }

  expect_failures = [var.loadgen]
}

run "load_on_no_path" {
  command = plan

  variables {
    loadgen_image = "localhost/loadgen:1.2.3"
    loadgen       = { path = "heavywork" }
  }

  expect_failures = [var.loadgen]
}

run "upstream_charts" {
  command = apply

  variables {
    charts = "upstream"
  }

  assert {
    condition     = output.exposure == "ingress" && output.gateway_name == null && output.ingress_container == "nginx-ingress"
    error_message = "NGINX Ingress Controller publishes the application by Ingress."
  }

  assert {
    condition     = output.prometheus_url == "http://kps-prometheus.monitoring.svc:9090" && output.grafana_service == "prometheus-grafana"
    error_message = "Prometheus and Grafana must come from kube-prometheus-stack."
  }

  assert {
    condition     = output.metric_path == "/apis/custom.metrics.k8s.io/v1beta1/namespaces/app/pods/*/heavywork_requests_per_second" && output.adapter_config_map == "adapter-config"
    error_message = "What the autoscaler and the suites need must be the same with both kinds of charts."
  }

  assert {
    condition     = toset(output.namespaces) == toset(["ingress", "monitoring", "app"])
    error_message = "An apply is followed by a wait for everything in these namespaces."
  }
}

run "upstream_charts_behind_a_gateway" {
  command = apply

  variables {
    charts            = "upstream"
    ingress_profile   = "upstream-gateway"
    gateway_api_chart = "../../modules/ingress/chart"
  }

  assert {
    condition     = local.ingress_chart == "nginx-gateway-fabric" && output.ingress_deployment == "nginx-nginx" && output.exposure == "httpRoute" && output.ingress_container == "nginx"
    error_message = "NGINX Gateway Fabric publishes the application by HTTPRoute."
  }
}

run "upstream_charts_behind_the_bundled_ingress" {
  command = apply

  variables {
    charts             = "upstream"
    ingress_profile    = "bundled"
    upstream_images    = true
    grafana            = false
    kube_state_metrics = false
  }

  assert {
    condition     = output.exposure == "httpRoute" && output.gateway_name == "nginx" && output.ingress_container == "nginx"
    error_message = "A part with a profile of its own must not follow charts."
  }

  assert {
    condition     = !local.network_policies
    error_message = "Policies that select only the bundled charts' pods must not be created with other charts."
  }

  assert {
    condition     = output.prometheus_service == "kps-prometheus" && output.grafana_service == null
    error_message = "The other parts must follow charts."
  }
}

run "unknown_charts" {
  command = plan
  variables {
    charts = "both"
  }
  expect_failures = [var.charts]
}

run "unknown_profiles" {
  command = plan
  variables {
    ingress_profile    = "existing"
    monitoring_profile = "upstream-gateway"
    adapter_profile    = "existing"
  }
  expect_failures = [var.ingress_profile, var.monitoring_profile, var.adapter_profile]
}

run "charts_on_a_path_that_may_mean_another_place" {
  command = plan
  variables {
    upstream_charts_dir = "charts"
  }
  expect_failures = [var.upstream_charts_dir]
}

run "policies_of_one_environment_fit_together" {
  command = apply

  assert {
    condition     = module.monitoring.namespace == local.monitoring_namespace
    error_message = "The policies must name the namespaces that the modules create."
  }

  assert {
    condition     = local.network_policies
    error_message = "By default, the bundled environment has policies."
  }
}

run "two_of_everything" {
  command = plan

  variables {
    ha                  = true
    rate_window_seconds = 8
    sample_volumes      = { worker-a = "/var/local", worker-b = "/var/local" }
  }

  assert {
    condition     = local.replicas == 2 && output.min_replicas == 2 && length(kubernetes_priority_class.autoscaling) == 1
    error_message = "There must be two of each part, and two pods of the application: draining a node evicts one."
  }

  assert {
    condition     = length(module.monitoring.prometheus_urls) == 2 && local.prometheus_url == join(",", module.monitoring.prometheus_urls)
    error_message = "The adapter must query each Prometheus through a Service of its own."
  }

  assert {
    condition     = local.ready_after_seconds == 10 + 1 + 8
    error_message = "Prometheus must not be ready before it can have one full window."
  }
}

run "two_of_everything_and_a_program_that_asks_one" {
  command = plan

  variables {
    ha              = true
    adapter_program = "prometheus-adapter"
  }

  assert {
    condition     = local.prometheus_url == "http://prometheus.monitoring.svc:9090"
    error_message = "prometheus-adapter takes one URL: the common Service's."
  }
}

run "two_of_everything_from_upstream_charts" {
  command = plan

  variables {
    ha             = true
    charts         = "upstream"
    sample_volumes = { worker-a = "/var/local", worker-b = "/var/local" }
  }

  assert {
    condition     = length(module.monitoring.prometheus_urls) == 2 && local.prometheus_url == "http://kps-prometheus.monitoring.svc:9090"
    error_message = "Upstream charts must get the same."
  }
}

run "one_of_everything_unless_asked_for" {
  command = plan

  variables {
    sample_volumes = { worker-a = "/var/local", worker-b = "/var/local" }
  }

  assert {
    condition     = local.replicas == null && output.min_replicas == 1 && length(kubernetes_priority_class.autoscaling) == 0 && local.unreachable_toleration_seconds == null && local.ready_after_seconds == null
    error_message = "Without ha there is one of each part."
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

run "one_pod_stays_unless_asked_for" {
  command = plan

  assert {
    condition     = module.scaling.activator == null && output.activator_deployment == null
    error_message = "Without scale_to_zero, no activator may be installed."
  }
}

run "to_zero" {
  command = apply
  variables {
    scale_to_zero   = true
    idle_seconds    = 20
    activator_image = "localhost/activator:1.2.3"
  }
  assert {
    condition     = output.activator_deployment == "activator" && module.scaling.activator.namespace == output.monitoring_namespace
    error_message = "The activator runs in the namespace of the Prometheus that it queries."
  }
}

run "to_zero_without_an_image" {
  command = plan
  variables {
    scale_to_zero = true
  }
  expect_failures = [var.scale_to_zero]
}

run "to_zero_and_two_of_everything" {
  command = plan
  variables {
    scale_to_zero   = true
    activator_image = "localhost/activator:1.2.3"
    ha              = true
  }
  expect_failures = [var.scale_to_zero]
}
