# Each validation in variables.tf refuses what it should.

mock_provider "helm" {}
mock_provider "kubernetes" {}

variables {
  crds_chart            = "./chart"
  operator_image        = "quay.io/prometheus-operator/prometheus-operator:v1.2.3"
  config_reloader_image = "quay.io/prometheus-operator/prometheus-config-reloader:v1.2.3"
  prometheus_image      = "quay.io/prometheus/prometheus:v1.2.3"
}

run "namespace_that_is_no_label" {
  command = plan
  variables {
    namespace = "monitoring."
  }
  expect_failures = [var.namespace]
}

run "crds_chart_that_is_not_there" {
  command = plan
  variables {
    crds_chart = "./no-such-chart"
  }
  expect_failures = [var.crds_chart]
}

run "operator_image_without_a_tag" {
  command = plan
  variables {
    operator_image = "quay.io/prometheus-operator/prometheus-operator"
  }
  expect_failures = [var.operator_image]
}

run "config_reloader_image_without_a_tag" {
  command = plan
  variables {
    config_reloader_image = "localhost:5000/prometheus-config-reloader"
  }
  expect_failures = [var.config_reloader_image]
}

run "prometheus_image_whose_tag_is_no_version" {
  command = plan
  variables {
    prometheus_image = "quay.io/prometheus/prometheus:latest"
  }
  expect_failures = [var.prometheus_image]
}

run "release_label_that_is_no_label_value" {
  command = plan
  variables {
    release_label = "two words"
  }
  expect_failures = [var.release_label]
}

run "scrape_interval_of_a_fraction" {
  command = plan
  variables {
    scrape_interval_seconds = 0.5
  }
  expect_failures = [var.scrape_interval_seconds]
}

run "evaluation_interval_of_nothing" {
  command = plan
  variables {
    evaluation_interval_seconds = 0
  }
  expect_failures = [var.evaluation_interval_seconds]
}

run "retention_beyond_a_week" {
  command = plan
  variables {
    retention_hours = 169
  }
  expect_failures = [var.retention_hours]
}

run "port_that_no_node_offers" {
  command = plan
  variables {
    node_port = 9090
  }
  expect_failures = [var.node_port]
}

run "unknown_profile" {
  command = plan
  variables {
    profile = "thanos"
  }
  expect_failures = [var.profile]
}

run "bundled_without_crds_chart" {
  command = plan
  variables {
    crds_chart = null
  }
  expect_failures = [var.crds_chart]
}

run "bundled_without_operator_image" {
  command = plan
  variables {
    operator_image = null
  }
  expect_failures = [var.operator_image]
}

run "bundled_without_config_reloader_image" {
  command = plan
  variables {
    config_reloader_image = null
  }
  expect_failures = [var.config_reloader_image]
}

run "bundled_without_prometheus_image" {
  command = plan
  variables {
    prometheus_image = null
  }
  expect_failures = [var.prometheus_image]
}

run "upstream_label_that_is_no_release" {
  command = plan
  variables {
    profile       = "upstream"
    release_label = "Prometheus_1"
  }
  expect_failures = [var.release_label]
}

run "chart_that_is_not_there" {
  command = plan
  variables {
    profile = "upstream"
    chart   = "./no-such-chart"
  }
  expect_failures = [var.chart]
}

run "repository_without_a_scheme" {
  command = plan
  variables {
    profile          = "upstream"
    chart_repository = "ghcr.io/prometheus-community/charts"
  }
  expect_failures = [var.chart_repository]
}

run "latest_version" {
  command = plan
  variables {
    profile       = "upstream"
    chart_version = "latest"
  }
  expect_failures = [var.chart_version]
}

run "values_without_a_key" {
  command = plan
  variables {
    profile      = "upstream"
    extra_values = ["[]"]
  }
  expect_failures = [var.extra_values]
}

run "grafana_port_that_no_node_offers" {
  command = plan
  variables {
    profile           = "upstream"
    grafana_node_port = 3000
  }
  expect_failures = [var.grafana_node_port]
}

run "existing_without_a_service" {
  command = plan
  variables {
    profile = "existing"
  }
  expect_failures = [var.prometheus_service]
}

run "service_that_the_profile_knows_itself" {
  command = plan
  variables {
    prometheus_service = "prometheus-operated"
  }
  expect_failures = [var.prometheus_service]
}

run "port_of_no_service" {
  command = plan
  variables {
    profile            = "existing"
    prometheus_service = "prometheus-operated"
    prometheus_port    = 0
  }
  expect_failures = [var.prometheus_port]
}

run "pod_cidr_that_is_no_range" {
  command = plan
  variables {
    pod_cidr = "10.244.0.0"
  }
  expect_failures = [var.pod_cidr]
}

run "api_server_cidrs_without_one" {
  command = plan
  variables {
    api_server_cidrs = []
  }
  expect_failures = [var.api_server_cidrs]
}

run "api_server_cidrs_that_are_no_ranges" {
  command = plan
  variables {
    api_server_cidrs = ["10.0.0.1"]
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

run "no_prometheus" {
  command = plan
  variables {
    replicas = 0
  }
  expect_failures = [var.replicas]
}

run "ready_before_it_answers" {
  command = plan
  variables {
    ready_after_seconds = 0
  }
  expect_failures = [var.ready_after_seconds]
}

run "samples_on_a_path_that_may_mean_another_place" {
  command = plan
  variables {
    sample_volumes = { worker = "samples" }
  }
  expect_failures = [var.sample_volumes]
}

run "fewer_sample_volumes_than_replicas" {
  command = plan
  variables {
    replicas       = 2
    sample_volumes = { worker = "/var/local" }
  }
  expect_failures = [var.sample_volumes]
}

run "sample_volumes_that_the_chart_does_not_take" {
  command = plan
  variables {
    profile        = "upstream"
    sample_volumes = { worker = "/var/local" }
  }
  expect_failures = [var.sample_volumes]
}

run "storage_class_that_the_chart_does_not_take" {
  command = plan
  variables {
    storage_class = "standard"
  }
  expect_failures = [var.storage_class]
}

run "storage_class_that_is_no_name" {
  command = plan
  variables {
    profile       = "upstream"
    storage_class = "the fast one"
  }
  expect_failures = [var.storage_class]
}

run "volume_without_room" {
  command = plan
  variables {
    storage_gibibytes = 0
  }
  expect_failures = [var.storage_gibibytes]
}

run "priority_class_that_is_no_name" {
  command = plan
  variables {
    priority_class_name = "very high"
  }
  expect_failures = [var.priority_class_name]
}

run "toleration_below_zero" {
  command = plan
  variables {
    unreachable_toleration_seconds = -1
  }
  expect_failures = [var.unreachable_toleration_seconds]
}
