# One metric of the Service instead of one of each pod, and tolerances. No cluster is needed: both providers are mocks.

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

run "of_the_service" {
  command = plan

  variables {
    scale_on      = "workload"
    more_counters = [{ counter = "jobs_total", metric = "jobs_per_second", target_average_value = 2.5 }]
  }

  assert {
    condition = (
      promadapter_rule.this[0].series_query == "heavywork_requests_total{namespace!=\"\",service!=\"\"}" &&
      promadapter_rule.this[0].resources.overrides["service"].resource == "service" &&
      length(promadapter_rule.this[0].resources.overrides) == 2
    )
    error_message = "The series must be associated with the Service."
  }

  assert {
    condition     = promadapter_rule.this[0].metrics_query == "sum(rate(<<.Series>>{<<.LabelMatchers>>}[5s])) by (<<.GroupBy>>) and sum(rate(<<.Series>>{<<.LabelMatchers>>}[3000ms] offset 3000ms)) by (<<.GroupBy>>)"
    error_message = "The load of a new pod must count as soon as it has a rate, and one full window must exist."
  }

  assert {
    condition     = promadapter_rule.this[0].await_series_in == null
    error_message = "The provider must not wait for values of pods, which never appear."
  }

  assert {
    condition     = yamldecode(helm_release.hpa.values[0]).service == "heavywork"
    error_message = "By default the Service must have the Deployment's name."
  }

  assert {
    condition = yamldecode(helm_release.hpa.values[0]).moreMetrics == [{
      type = "Object"
      object = {
        describedObject = { apiVersion = "v1", kind = "Service", name = "heavywork" }
        metric          = { name = "jobs_per_second" }
        target          = { type = "AverageValue", averageValue = "2500m" }
      }
    }]
    error_message = "Further counters must be metrics of the Service, too."
  }

  assert {
    condition     = output.metric_path == "/apis/custom.metrics.k8s.io/v1beta1/namespaces/app/services/heavywork/heavywork_requests_per_second"
    error_message = "The path must lead to the Service's one value."
  }
}

run "of_another_service" {
  command = plan

  variables {
    scale_on = "workload"
    service  = "web"
  }

  assert {
    condition     = yamldecode(helm_release.hpa.values[0]).service == "web"
    error_message = "A given Service must be used."
  }
}

run "tolerances" {
  command = plan

  variables {
    scale_up_tolerance   = 0.05
    scale_down_tolerance = 0
  }

  assert {
    condition = (
      yamldecode(helm_release.hpa.values[0]).behavior.scaleUp.tolerance == "50m" &&
      yamldecode(helm_release.hpa.values[0]).behavior.scaleDown.tolerance == "0m"
    )
    error_message = "Tolerances must reach the autoscaler."
  }
}

run "by_default_neither" {
  command = plan

  assert {
    condition = (
      !can(yamldecode(helm_release.hpa.values[0]).service) &&
      !can(yamldecode(helm_release.hpa.values[0]).behavior.scaleUp.tolerance) &&
      !can(yamldecode(helm_release.hpa.values[0]).behavior.scaleDown.tolerance)
    )
    error_message = "Rules from before these variables existed must not change."
  }
}
