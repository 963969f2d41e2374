terraform {
  required_providers {
    promadapter = {
      source = "nginx-prometheus-hpa/promadapter"
    }
  }
}

# The cluster is that of KUBE_CONFIG_PATH or KUBECONFIG.
provider "promadapter" {
  namespace  = "monitoring"         # of the adapter
  config_map = "adapter-config"     # with its rules
  deployment = "prometheus-adapter" # which is rolled to load them
}

resource "promadapter_rule" "cpu" {
  name = "cpu"

  # 1. Which series?
  series_query = "process_cpu_seconds_total{namespace!=\"\",pod!=\"\"}"

  # 2. Whose are they? Labels of the series on the left, what they name in Kubernetes on the right.
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }

  # 3. What is the metric called?
  metric_name = {
    matches = "^(.*)_seconds_total$"
    as      = "$${1}_usage"
  }

  # 4. Which number is it?
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"

  # The apply ends when a pod in this namespace has a value.
  await_series_in = "app"
}

data "promadapter_metric" "cpu" {
  metric    = promadapter_rule.cpu.metric
  namespace = "app"
}

output "values" {
  value = { for v in data.promadapter_metric.cpu.values : v.object.name => v.quantity }
}

output "query" {
  value = provider::promadapter::render_query(promadapter_rule.cpu, { namespace = "app", names = ["my-pod"] })
}
