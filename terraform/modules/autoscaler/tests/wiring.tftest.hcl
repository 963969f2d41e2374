# The resulting rule and autoscaler. No cluster is needed: both providers are mocks.

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

run "rule" {
  command = plan

  assert {
    condition     = promadapter_rule.this[0].series_query == "heavywork_requests_total{namespace!=\"\",pod!=\"\"}"
    error_message = "Only series that belong to a pod may count."
  }

  assert {
    condition     = promadapter_rule.this[0].metrics_query == "sum(rate(<<.Series>>{<<.LabelMatchers>>}[5s]) and rate(<<.Series>>{<<.LabelMatchers>>}[3000ms] offset 3000ms)) by (<<.GroupBy>>)"
    error_message = "The metric is the counter's rate over the window, summed for each object."
  }

  assert {
    condition     = length(helm_release.recording) == 0
    error_message = "By default nothing must be recorded."
  }

  assert {
    condition     = promadapter_rule.this[0].scrape_interval == "1000ms"
    error_message = "The rule must know how often its counter is scraped."
  }

  assert {
    condition     = promadapter_rule.this[0].metric_name.as == "heavywork_requests_per_second"
    error_message = "The metric must be served under the name that the autoscaler requests."
  }

  assert {
    condition = (
      promadapter_rule.this[0].resources.overrides["namespace"].resource == "namespace" &&
      promadapter_rule.this[0].resources.overrides["pod"].resource == "pod"
    )
    error_message = "The labels namespace and pod must be associated with the Kubernetes objects of that name."
  }

  assert {
    condition     = promadapter_rule.this[0].await_series_in == "app" && promadapter_rule.this[0].wait_timeout == "180s"
    error_message = "By default an apply ends with the metric served."
  }

  assert {
    condition = (
      promadapter_rule.this[0].namespace == "monitoring" &&
      promadapter_rule.this[0].config_map == "adapter-config" &&
      promadapter_rule.this[0].config_key == "config.yaml" &&
      promadapter_rule.this[0].deployment == "prometheus-adapter"
    )
    error_message = "The defaults must find the adapter that module adapter installs."
  }
}

run "autoscaler" {
  command = plan

  assert {
    condition = yamldecode(helm_release.hpa.values[0]) == {
      deployment         = "heavywork"
      metric             = "heavywork_requests_per_second"
      targetAverageValue = "10"
      minReplicas        = 1
      maxReplicas        = 5
      behavior = {
        scaleUp = {
          stabilizationWindowSeconds = 0
          selectPolicy               = "Max"
          policies = [
            { type = "Pods", value = 4, periodSeconds = 15 },
            { type = "Percent", value = 100, periodSeconds = 15 },
          ]
        }
        scaleDown = {
          stabilizationWindowSeconds = 30
          selectPolicy               = "Max"
          policies = [
            { type = "Percent", value = 100, periodSeconds = 15 },
          ]
        }
      }
    }
    error_message = "The chart must get the variables' values."
  }

  assert {
    condition     = output.hpa == "heavywork" && output.metric_path == "/apis/custom.metrics.k8s.io/v1beta1/namespaces/app/pods/*/heavywork_requests_per_second"
    error_message = "The outputs must name the autoscaler and the path of its metric."
  }
}

run "fraction_as_target" {
  command = plan

  variables {
    target_average_value = 2.5
  }

  assert {
    condition     = output.target_average_value == "2500m"
    error_message = "Kubernetes writes 2.5 as 2500m."
  }
}

run "smallest_target" {
  command = plan

  variables {
    target_average_value = 0.001
  }

  assert {
    condition     = output.target_average_value == "1m"
    error_message = "Kubernetes writes 0.001 as 1m."
  }
}

run "window_of_exactly_two_scrapes" {
  command = plan

  variables {
    scrape_interval_seconds = 30
    rate_window_seconds     = 60
  }

  assert {
    condition     = promadapter_rule.this[0].metrics_query == "sum(rate(<<.Series>>{<<.LabelMatchers>>}[60s]) and rate(<<.Series>>{<<.LabelMatchers>>}[90000ms])) by (<<.GroupBy>>)"
    error_message = "The query must use the window, and check for three scrapes around its beginning."
  }
}

run "fraction_as_scrape_interval" {
  command = plan

  variables {
    scrape_interval_seconds = 2.5
  }

  assert {
    condition     = promadapter_rule.this[0].scrape_interval == "2500ms"
    error_message = "A fraction of a second must reach the rule."
  }
}

run "nothing_awaited" {
  command = plan

  variables {
    await_metric = false
  }

  assert {
    condition     = promadapter_rule.this[0].await_series_in == null
    error_message = "Without await_metric the apply must not wait for a value."
  }
}

run "recorded_rate" {
  command = plan

  variables {
    recording_interval_seconds = 2
  }

  assert {
    condition = yamldecode(helm_release.recording[0].values[0]) == {
      counter      = "heavywork_requests_total"
      record       = "heavywork_requests:rate5s"
      window       = "5s"
      interval     = "2s"
      releaseLabel = "prometheus"
    }
    error_message = "The recording rule must record the rate that the adapter would have queried."
  }

  assert {
    condition = (
      promadapter_rule.this[0].series_query == "heavywork_requests:rate5s{namespace!=\"\",pod!=\"\"}" &&
      promadapter_rule.this[0].metrics_query == "sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)"
    )
    error_message = "The adapter must query the recorded series."
  }
}

run "long_names" {
  command = plan

  variables {
    namespace  = "payments-production"
    deployment = "payment-gateway"
    metric     = "payment_gateway_requests_per_second"
  }

  assert {
    condition     = length(promadapter_rule.this[0].name) == 63 && startswith(promadapter_rule.this[0].name, "payments-production-payment-gateway-")
    error_message = "The name of a rule must not be longer than the provider accepts."
  }
}
