# Each validation in variables.tf refuses what it should.

mock_provider "helm" {}
mock_provider "kubernetes" {}

variables {
  namespace      = "monitoring"
  image          = "registry.example.org/adapter:v1.2.3"
  prometheus_url = "http://prometheus.monitoring.svc:9090"
}

run "name_that_starts_with_a_digit" {
  command = plan
  variables {
    name = "2nd-adapter"
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
    image = "prometheus-adapter"
  }
  expect_failures = [var.image]
}

run "program_that_there_is_not" {
  command = plan
  variables {
    program = "keda"
  }
  expect_failures = [var.program]
}

run "image_of_the_other_program" {
  command = plan
  variables {
    image = "registry.k8s.io/prometheus-adapter/prometheus-adapter:v1.2.3"
  }
  expect_failures = [var.image]
}

run "client_qps_below_one" {
  command = plan
  variables {
    client_qps = 0
  }
  expect_failures = [var.client_qps]
}

run "several_urls_for_a_program_that_takes_one" {
  command = plan
  variables {
    program        = "prometheus-adapter"
    prometheus_url = "http://a:9090,http://b:9090"
  }
  expect_failures = [var.prometheus_url]
}

run "url_without_a_scheme" {
  command = plan
  variables {
    prometheus_url = "prometheus.monitoring.svc:9090"
  }
  expect_failures = [var.prometheus_url]
}

run "verb_that_prometheus_does_not_know" {
  command = plan
  variables {
    prometheus_verb = "post"
  }
  expect_failures = [var.prometheus_verb]
}

run "memory_limit_below_the_request" {
  command = plan
  variables {
    memory_limit_mebibytes = 63
  }
  expect_failures = [var.memory_limit_mebibytes]
}

run "config_map_that_is_no_object_name" {
  command = plan
  variables {
    config_map = "Adapter Config"
  }
  expect_failures = [var.config_map]
}

run "no_replica" {
  command = plan
  variables {
    replicas = 0
  }
  expect_failures = [var.replicas]
}

run "relist_interval_of_nothing" {
  command = plan
  variables {
    metrics_relist_interval_seconds = 0
  }
  expect_failures = [var.metrics_relist_interval_seconds]
}

run "series_forgotten_before_the_next_look" {
  command = plan
  variables {
    metrics_relist_interval_seconds = 30
    metrics_max_age_seconds         = 29
  }
  expect_failures = [var.metrics_max_age_seconds]
}

run "unknown_profile" {
  command = plan
  variables {
    profile = "keda"
  }
  expect_failures = [var.profile]
}

run "bundled_without_an_image" {
  command = plan
  variables {
    image = null
  }
  expect_failures = [var.image]
}

run "no_prometheus_to_ask" {
  command = plan
  variables {
    profile        = "upstream"
    prometheus_url = null
  }
  expect_failures = [var.prometheus_url]
}

run "key_that_the_chart_does_not_read" {
  command = plan
  variables {
    profile    = "upstream"
    config_key = "rules.yaml"
  }
  expect_failures = [var.config_key]
}

run "key_that_is_no_key" {
  command = plan
  variables {
    profile    = "existing"
    config_key = "etc/rules.yaml"
  }
  expect_failures = [var.config_key]
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
    chart_repository = "charts.example.org"
  }
  expect_failures = [var.chart_repository]
}

run "range_of_versions" {
  command = plan
  variables {
    profile       = "upstream"
    chart_version = "5.x"
  }
  expect_failures = [var.chart_version]
}

run "values_without_a_key" {
  command = plan
  variables {
    profile      = "upstream"
    extra_values = ["true"]
  }
  expect_failures = [var.extra_values]
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

run "community_chart_on_the_control_plane" {
  command = plan
  variables {
    profile          = "upstream"
    image            = null
    on_control_plane = true
  }
  expect_failures = [var.on_control_plane]
}
