# Each validation in variables.tf refuses what it should.

mock_provider "helm" {}
mock_provider "promadapter" {}

variables {
  namespace               = "app"
  deployment              = "heavywork"
  counter                 = "heavywork_requests_total"
  metric                  = "heavywork_requests_per_second"
  target_average_value    = 10
  scrape_interval_seconds = 1
}

run "namespace_that_is_no_label" {
  command = plan
  variables {
    namespace = "app/web"
  }
  expect_failures = [var.namespace]
}

run "deployment_too_long_for_a_release" {
  command = plan
  variables {
    deployment = "a-deployment-with-a-name-of-over-42-letters"
  }
  expect_failures = [var.deployment]
}

run "recording_more_rarely_than_the_window" {
  command = plan
  variables {
    recording_interval_seconds = 16
  }
  expect_failures = [var.recording_interval_seconds]
}

run "recording_without_a_pause" {
  command = plan
  variables {
    recording_interval_seconds = 0
  }
  expect_failures = [var.recording_interval_seconds]
}

run "release_label_that_is_no_label_value" {
  command = plan
  variables {
    release_label = "my prometheus"
  }
  expect_failures = [var.release_label]
}

run "no_pod_at_all" {
  command = plan
  variables {
    min_replicas = 0
  }
  expect_failures = [var.min_replicas]
}

run "maximum_below_minimum" {
  command = plan
  variables {
    min_replicas = 3
    max_replicas = 2
  }
  expect_failures = [var.max_replicas]
}

run "counter_with_a_selector" {
  command = plan
  variables {
    counter = "requests_total{code=\"200\"}"
  }
  expect_failures = [var.counter]
}

run "metric_with_a_slash" {
  command = plan
  variables {
    metric = "requests/second"
  }
  expect_failures = [var.metric]
}

run "target_of_nothing" {
  command = plan
  variables {
    target_average_value = 0
  }
  expect_failures = [var.target_average_value]
}

run "target_below_nothing" {
  command = plan
  variables {
    target_average_value = -1
  }
  expect_failures = [var.target_average_value]
}

run "scrape_interval_of_nothing" {
  command = plan
  variables {
    scrape_interval_seconds = 0
  }
  expect_failures = [var.scrape_interval_seconds]
}

run "window_under_two_scrapes" {
  command = plan
  variables {
    scrape_interval_seconds = 8
    rate_window_seconds     = 15
  }
  expect_failures = [var.rate_window_seconds]
}

run "default_window_under_two_scrapes" {
  command = plan
  variables {
    scrape_interval_seconds = 30
  }
  expect_failures = [var.rate_window_seconds]
}

run "window_of_a_fraction" {
  command = plan
  variables {
    rate_window_seconds = 7.5
  }
  expect_failures = [var.rate_window_seconds]
}

run "scale_up_stabilization_below_zero" {
  command = plan
  variables {
    scale_up_stabilization_seconds = -1
  }
  expect_failures = [var.scale_up_stabilization_seconds]
}

run "scale_down_stabilization_over_an_hour" {
  command = plan
  variables {
    scale_down_stabilization_seconds = 3601
  }
  expect_failures = [var.scale_down_stabilization_seconds]
}

run "no_policy_to_scale_up" {
  command = plan
  variables {
    scale_up_policies = []
  }
  expect_failures = [var.scale_up_policies]
}

run "unknown_policy_to_scale_up" {
  command = plan
  variables {
    scale_up_policies = [{ type = "Nodes", value = 1, period_seconds = 15 }]
  }
  expect_failures = [var.scale_up_policies]
}

run "no_policy_to_scale_down" {
  command = plan
  variables {
    scale_down_policies = []
  }
  expect_failures = [var.scale_down_policies]
}

run "period_over_half_an_hour_to_scale_down" {
  command = plan
  variables {
    scale_down_policies = [{ type = "Pods", value = 1, period_seconds = 1801 }]
  }
  expect_failures = [var.scale_down_policies]
}

run "adapter_namespace_that_is_no_label" {
  command = plan
  variables {
    adapter_namespace = "Monitoring"
  }
  expect_failures = [var.adapter_namespace]
}

run "adapter_config_map_that_is_no_object_name" {
  command = plan
  variables {
    adapter_config_map = ""
  }
  expect_failures = [var.adapter_config_map]
}

run "adapter_config_key_with_a_slash" {
  command = plan
  variables {
    adapter_config_key = "etc/config.yaml"
  }
  expect_failures = [var.adapter_config_key]
}

run "adapter_deployment_that_is_no_object_name" {
  command = plan
  variables {
    adapter_deployment = "prometheus adapter"
  }
  expect_failures = [var.adapter_deployment]
}

run "timeout_too_short_for_a_rollout" {
  command = plan
  variables {
    await_timeout_seconds = 9
  }
  expect_failures = [var.await_timeout_seconds]
}

run "scale_on_something_else" {
  command = plan

  variables {
    scale_on = "node"
  }

  expect_failures = [var.scale_on]
}

run "service_of_pods" {
  command = plan

  variables {
    service = "heavywork"
  }

  expect_failures = [var.service]
}

run "service_that_is_no_name" {
  command = plan

  variables {
    scale_on = "workload"
    service  = "Heavy/work"
  }

  expect_failures = [var.service]
}

run "recording_for_a_workload" {
  command = plan

  variables {
    scale_on                   = "workload"
    recording_interval_seconds = 1
  }

  expect_failures = [var.recording_interval_seconds]
}

run "scale_up_tolerance_of_everything" {
  command = plan

  variables {
    scale_up_tolerance = 1
  }

  expect_failures = [var.scale_up_tolerance]
}

run "scale_down_tolerance_below_nothing" {
  command = plan

  variables {
    scale_down_tolerance = -0.1
  }

  expect_failures = [var.scale_down_tolerance]
}
