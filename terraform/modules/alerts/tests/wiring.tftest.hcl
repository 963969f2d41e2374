# The values that reach the chart. No cluster is needed: the provider is a mock. The rules are tested with
# promtool, in test/alerts.

mock_provider "helm" {}

variables {
  namespace     = "monitoring"
  release_label = "prometheus"
}

run "defaults" {
  command = plan

  assert {
    condition = yamldecode(helm_release.this.values[0]) == {
      releaseLabel             = "prometheus"
      prometheusServiceAccount = "prometheus"
      scrapeInterval           = "15s"
      pending                  = "60s"
      runbookURL               = "https://github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/blob/main/docs/runbooks.md"
      adapter                  = { name = "prometheus-adapter", namespace = "monitoring" }
      ingress                  = null
      autoscalers              = []
      activator                = false
    }
    error_message = "The chart must get the variables' values."
  }

  assert {
    condition     = output.prometheus_rule == "alerts"
    error_message = "The output must name the rules."
  }
}

run "what_is_watched" {
  command = plan

  variables {
    ingress     = { namespace = "web", labels = { app = "nginx" }, metrics_port = "prom" }
    autoscalers = [{ namespace = "shop", deployment = "checkout", counter = "orders_total", target_average_value = 2.5, max_replicas = 20 }]
  }

  assert {
    condition     = yamldecode(helm_release.this.values[0]).ingress == { namespace = "web", labels = { app = "nginx" }, metrics_port = "prom" }
    error_message = "The ingress must be scraped in its namespace."
  }

  assert {
    condition     = yamldecode(helm_release.this.values[0]).autoscalers == [{ namespace = "shop", deployment = "checkout", counter = "orders_total", target_average_value = 2.5, max_replicas = 20 }]
    error_message = "Each autoscaler must have its alerts."
  }
}

run "what_goes_to_zero" {
  command = plan

  variables {
    autoscalers = [{ namespace = "shop", deployment = "checkout", counter = "orders_total", target_average_value = 2.5, max_replicas = 20 }]
    activator   = true
  }

  assert {
    condition     = yamldecode(helm_release.this.values[0]).activator
    error_message = "The chart must know that there is an activator."
  }
}

run "parts_of_other_charts" {
  command = plan

  variables {
    prometheus_port  = "http-web"
    operator_name    = "kube-prometheus-stack-prometheus-operator"
    adapter_verified = false
  }

  assert {
    condition = (
      yamldecode(helm_release.this.values[0]).prometheusPort == "http-web" &&
      yamldecode(helm_release.this.values[0]).operatorName == "kube-prometheus-stack-prometheus-operator" &&
      yamldecode(helm_release.this.values[0]).adapterVerified == false
    )
    error_message = "The parts must be scraped under their own names."
  }
}
