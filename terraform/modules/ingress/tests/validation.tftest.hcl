# Each validation in variables.tf refuses what it should.

mock_provider "helm" {}
mock_provider "kubernetes" {}

variables {
  crds_chart       = "./chart"
  controller_chart = "./chart"
  controller_image = "ghcr.io/nginx/nginx-gateway-fabric:1.2.3"
  nginx_image      = "ghcr.io/nginx/nginx-gateway-fabric/nginx:1.2.3"
}

run "unknown_profile" {
  command = plan
  variables {
    profile = "traefik"
  }
  expect_failures = [var.profile]
}

run "namespace_that_is_no_label" {
  command = plan
  variables {
    namespace = "In.gress"
  }
  expect_failures = [var.namespace]
}

run "gateway_name_longer_than_a_release" {
  command = plan
  variables {
    gateway_name = "a-name-of-fifty-four-characters-is-one-more-than-allow"
  }
  expect_failures = [var.gateway_name]
}

run "crds_chart_that_is_not_there" {
  command = plan
  variables {
    crds_chart = "./no-such-chart"
  }
  expect_failures = [var.crds_chart]
}

run "controller_chart_that_is_not_there" {
  command = plan
  variables {
    controller_chart = "./no-such-chart"
  }
  expect_failures = [var.controller_chart]
}

run "controller_image_without_a_tag" {
  command = plan
  variables {
    controller_image = "localhost:5000/nginx-gateway-fabric"
  }
  expect_failures = [var.controller_image]
}

run "nginx_image_without_a_tag" {
  command = plan
  variables {
    nginx_image = "nginx"
  }
  expect_failures = [var.nginx_image]
}

run "port_that_no_node_offers" {
  command = plan
  variables {
    http_node_port = 80
  }
  expect_failures = [var.http_node_port]
}

run "connections_kept_for_less_than_the_header_can_say" {
  command = plan
  variables {
    keepalive_min_timeout_seconds = 1
  }
  expect_failures = [var.keepalive_min_timeout_seconds]
}

run "no_time_to_connect" {
  command = plan
  variables {
    connect_timeout_seconds = 0
  }
  expect_failures = [var.connect_timeout_seconds]
}

run "drain_of_half_a_second" {
  command = plan
  variables {
    drain_seconds = 0.5
  }
  expect_failures = [var.drain_seconds]
}

run "requests_of_more_than_an_hour" {
  command = plan
  variables {
    longest_request_seconds = 3601
  }
  expect_failures = [var.longest_request_seconds]
}

run "bundled_without_definitions" {
  command = plan
  variables {
    crds_chart = null
  }
  expect_failures = [var.crds_chart]
}

run "bundled_without_a_chart" {
  command = plan
  variables {
    controller_chart = null
  }
  expect_failures = [var.controller_chart]
}

run "bundled_without_an_image_of_the_controller" {
  command = plan
  variables {
    controller_image = null
  }
  expect_failures = [var.controller_image]
}

run "bundled_without_an_image_of_nginx" {
  command = plan
  variables {
    nginx_image = null
  }
  expect_failures = [var.nginx_image]
}

run "class_that_is_no_label" {
  command = plan
  variables {
    class = "nginx.org/nginx"
  }
  expect_failures = [var.class]
}

run "existing_without_a_way_to_publish" {
  command = plan
  variables {
    profile = "existing"
  }
  expect_failures = [var.exposure]
}

run "existing_published_by_a_route_of_openshift" {
  command = plan
  variables {
    profile  = "existing"
    exposure = "route"
  }
  expect_failures = [var.exposure]
}

run "exposure_that_the_profile_knows_itself" {
  command = plan
  variables {
    profile  = "upstream"
    exposure = "httpRoute"
  }
  expect_failures = [var.exposure]
}

run "chart_that_is_not_there" {
  command = plan
  variables {
    profile = "upstream"
    chart   = "./no-such-chart"
  }
  expect_failures = [var.chart]
}

run "chart_with_its_repository" {
  command = plan
  variables {
    profile = "upstream"
    chart   = "oci://ghcr.io/nginx/charts/nginx-ingress"
  }
  expect_failures = [var.chart]
}

run "repository_without_a_scheme" {
  command = plan
  variables {
    profile          = "upstream"
    chart_repository = "ghcr.io/nginx/charts"
  }
  expect_failures = [var.chart_repository]
}

run "range_of_versions" {
  command = plan
  variables {
    profile       = "upstream"
    chart_version = "~> 2.6"
  }
  expect_failures = [var.chart_version]
}

run "values_that_are_no_yaml" {
  command = plan
  variables {
    profile      = "upstream"
    extra_values = ["controller: ["]
  }
  expect_failures = [var.extra_values]
}

run "values_without_a_key" {
  command = plan
  variables {
    profile      = "upstream"
    extra_values = ["replicaCount"]
  }
  expect_failures = [var.extra_values]
}

run "monitor_label_that_is_no_label_value" {
  command = plan
  variables {
    profile               = "upstream"
    monitor_release_label = "-"
  }
  expect_failures = [var.monitor_release_label]
}

run "monitor_interval_of_nothing" {
  command = plan
  variables {
    monitor_interval_seconds = 0
  }
  expect_failures = [var.monitor_interval_seconds]
}

run "service_of_no_type" {
  command = plan
  variables {
    profile      = "upstream"
    service_type = "ExternalName"
  }
  expect_failures = [var.service_type]
}

run "bundled_behind_a_load_balancer" {
  command = plan
  variables {
    service_type = "LoadBalancer"
  }
  expect_failures = [var.service_type]
}

run "backend_ports_that_are_none" {
  command = plan
  variables {
    backend_ports = [8080, 0]
  }
  expect_failures = [var.backend_ports]
}

run "pod_cidr_that_is_no_range" {
  command = plan
  variables {
    pod_cidr = "10.244.0.0"
  }
  expect_failures = [var.pod_cidr]
}

run "monitoring_namespace_that_is_no_label" {
  command = plan
  variables {
    monitoring_namespace = ""
  }
  expect_failures = [var.monitoring_namespace]
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

run "no_nginx" {
  command = plan
  variables {
    replicas = 0
  }
  expect_failures = [var.replicas]
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
