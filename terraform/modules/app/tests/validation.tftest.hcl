# Each validation in variables.tf refuses what it should.

mock_provider "helm" {}
mock_provider "kubernetes" {}

variables {
  image        = "localhost/heavywork:1.2.3"
  gateway_name = "nginx"
}

run "name_that_starts_with_a_digit" {
  command = plan
  variables {
    name = "1-worker"
  }
  expect_failures = [var.name]
}

run "namespace_that_is_no_label" {
  command = plan
  variables {
    namespace = "-app"
  }
  expect_failures = [var.namespace]
}

run "image_without_a_tag" {
  command = plan
  variables {
    image = "localhost:5000/heavywork"
  }
  expect_failures = [var.image]
}

run "unknown_exposure" {
  command = plan
  variables {
    exposure = "loadBalancer"
  }
  expect_failures = [var.exposure]
}

run "route_without_a_gateway" {
  command = plan
  variables {
    gateway_name = null
  }
  expect_failures = [var.gateway_name]
}

run "gateway_namespace_that_is_no_label" {
  command = plan
  variables {
    gateway_namespace = ""
  }
  expect_failures = [var.gateway_namespace]
}

run "ingress_class_that_is_no_object_name" {
  command = plan
  variables {
    ingress_class = "NGINX"
  }
  expect_failures = [var.ingress_class]
}

run "hostname_with_a_path" {
  command = plan
  variables {
    hostnames = ["example.org/heavywork"]
  }
  expect_failures = [var.hostnames]
}

run "release_label_that_is_no_label_value" {
  command = plan
  variables {
    release_label = ""
  }
  expect_failures = [var.release_label]
}

run "scrape_interval_of_nothing" {
  command = plan
  variables {
    scrape_interval_seconds = 0
  }
  expect_failures = [var.scrape_interval_seconds]
}

run "drain_in_parts_of_a_second" {
  command = plan
  variables {
    drain_seconds = 10.5
  }
  expect_failures = [var.drain_seconds]
}

run "drain_that_the_proxy_outlasts" {
  command = plan
  variables {
    drain_seconds           = 14
    proxy_keepalive_seconds = 10
  }
  expect_failures = [var.drain_seconds]
}

run "proxy_that_keeps_connections_too_long" {
  command = plan
  variables {
    drain_seconds           = 600
    proxy_keepalive_seconds = 61
  }
  expect_failures = [var.proxy_keepalive_seconds]
}

run "monitoring_namespace_that_is_no_label" {
  command = plan
  variables {
    monitoring_namespace = "Monitoring"
  }
  expect_failures = [var.monitoring_namespace]
}

run "fewer_replicas_than_none" {
  command = plan
  variables {
    min_replicas = -1
  }
  expect_failures = [var.min_replicas]
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
