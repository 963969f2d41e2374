# Metrics besides the first counter, and instead of it. No cluster is needed: both providers are mocks.

mock_provider "helm" {}
mock_provider "promadapter" {}

variables {
  namespace               = "shop"
  deployment              = "checkout"
  counter                 = "checkout_orders_total"
  metric                  = "checkout_orders_per_second"
  target_average_value    = 25
  scrape_interval_seconds = 2
}

run "two_counters" {
  command = plan

  variables {
    rate_window_seconds = 20
    more_counters = [
      { counter = "checkout_exports_total", metric = "checkout_exports_per_second", target_average_value = 0.5 },
      { counter = "checkout_bytes_total", metric = "checkout_bytes_per_second", target_average_value = 1000, rate_window_seconds = 30 },
    ]
  }

  assert {
    condition = yamldecode(helm_release.hpa.values[0]).moreMetrics == [
      { type = "Pods", pods = { metric = { name = "checkout_exports_per_second" }, target = { type = "AverageValue", averageValue = "500m" } } },
      { type = "Pods", pods = { metric = { name = "checkout_bytes_per_second" }, target = { type = "AverageValue", averageValue = "1000" } } },
    ]
    error_message = "The autoscaler must follow all counters, in order."
  }

  assert {
    condition = (
      promadapter_rule.more["checkout_exports_per_second"].metrics_query == "sum(rate(<<.Series>>{<<.LabelMatchers>>}[20s]) and rate(<<.Series>>{<<.LabelMatchers>>}[6000ms] offset 16000ms)) by (<<.GroupBy>>)" &&
      promadapter_rule.more["checkout_bytes_per_second"].metrics_query == "sum(rate(<<.Series>>{<<.LabelMatchers>>}[30s]) and rate(<<.Series>>{<<.LabelMatchers>>}[6000ms] offset 26000ms)) by (<<.GroupBy>>)" &&
      promadapter_rule.more["checkout_bytes_per_second"].series_query == "checkout_bytes_total{namespace!=\"\",pod!=\"\"}"
    )
    error_message = "Each counter must have its rule, with the window of the first unless it has its own."
  }

  assert {
    condition     = promadapter_rule.this[0].metric_name.as == "checkout_orders_per_second" && yamldecode(helm_release.hpa.values[0]).metric == "checkout_orders_per_second"
    error_message = "The first counter must stay the first."
  }
}

run "a_queue_alone" {
  command = plan

  variables {
    counter              = null
    metric               = null
    target_average_value = null
    external_metrics = [
      { series = "queue_messages_ready", metric = "queue_length", target_average_value = 30 },
      { series = "jobs_waiting", metric = "jobs_waiting", namespaced = true, query = "max(<<.Series>>{<<.LabelMatchers>>})", target_value = 2.5 },
    ]
  }

  assert {
    condition     = length(promadapter_rule.this) == 0 && output.metric == null && output.metric_path == null && output.target_average_value == null
    error_message = "Without a counter there is no rule for one."
  }

  assert {
    condition = yamldecode(helm_release.hpa.values[0]).moreMetrics == [
      { type = "External", external = { metric = { name = "queue_length" }, target = { type = "AverageValue", averageValue = "30" } } },
      { type = "External", external = { metric = { name = "jobs_waiting" }, target = { type = "Value", value = "2500m" } } },
    ]
    error_message = "The autoscaler must follow the external metrics."
  }

  assert {
    condition = (
      promadapter_rule.external["queue_length"].kind == "external" &&
      promadapter_rule.external["queue_length"].resources.namespaced == false &&
      promadapter_rule.external["queue_length"].metrics_query == "sum(<<.Series>>{<<.LabelMatchers>>})" &&
      promadapter_rule.external["jobs_waiting"].resources.namespaced &&
      promadapter_rule.external["jobs_waiting"].resources.overrides["namespace"].resource == "namespace" &&
      promadapter_rule.external["jobs_waiting"].metrics_query == "max(<<.Series>>{<<.LabelMatchers>>})"
    )
    error_message = "The rules must be external, and select the right series."
  }
}

run "nothing_to_scale_on" {
  command = plan
  variables {
    counter              = null
    metric               = null
    target_average_value = null
  }
  expect_failures = [var.counter]
}

run "metric_without_a_counter" {
  command = plan
  variables {
    counter              = null
    target_average_value = null
    external_metrics     = [{ series = "queue_messages_ready", metric = "queue_length", target_average_value = 30 }]
  }
  expect_failures = [var.metric]
}

run "target_without_a_counter" {
  command = plan
  variables {
    counter          = null
    metric           = null
    external_metrics = [{ series = "queue_messages_ready", metric = "queue_length", target_average_value = 30 }]
  }
  expect_failures = [var.target_average_value]
}

run "second_counter_with_a_selector" {
  command = plan
  variables {
    more_counters = [{ counter = "jobs_total{kind=\"x\"}", metric = "jobs_per_second", target_average_value = 5 }]
  }
  expect_failures = [var.more_counters]
}

run "second_counter_with_a_window_under_two_scrapes" {
  command = plan
  variables {
    more_counters = [{ counter = "jobs_total", metric = "jobs_per_second", target_average_value = 5, rate_window_seconds = 3 }]
  }
  expect_failures = [var.more_counters]
}

run "two_counters_under_one_name" {
  command = plan
  variables {
    more_counters = [{ counter = "jobs_total", metric = "checkout_orders_per_second", target_average_value = 5 }]
  }
  expect_failures = [var.more_counters]
}

run "external_metric_in_upper_case" {
  command = plan
  variables {
    external_metrics = [{ series = "queue_messages_ready", metric = "QueueLength", target_average_value = 30 }]
  }
  expect_failures = [var.external_metrics]
}

run "external_metric_with_two_targets" {
  command = plan
  variables {
    external_metrics = [{ series = "queue_messages_ready", metric = "queue_length", target_average_value = 30, target_value = 100 }]
  }
  expect_failures = [var.external_metrics]
}

run "two_external_metrics_under_one_name" {
  command = plan
  variables {
    external_metrics = [
      { series = "queue_messages_ready", metric = "queue_length", target_average_value = 30 },
      { series = "queue_messages", metric = "queue_length", target_average_value = 30 },
    ]
  }
  expect_failures = [var.external_metrics]
}
