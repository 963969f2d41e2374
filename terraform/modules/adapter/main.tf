# The adapter: serves custom.metrics.k8s.io from Prometheus. It starts without rules; each rule is a
# promadapter_rule resource of its own.
#
# This file has the config map of the rules and the profile bundled; upstream.tf has the community's
# chart. The profile "existing" has no resources: it passes on its inputs. nodes.tf has the values for
# high availability.

locals {
  bundled = var.profile == "bundled"

  # The key that both charts read. An existing adapter may use another one.
  config_key = var.profile == "existing" ? var.config_key : "config.yaml"
  config_map = one(kubernetes_config_map.rules[*].metadata[0].name)
}

resource "kubernetes_config_map" "rules" {
  count = var.profile == "existing" ? 0 : 1

  metadata {
    name      = var.config_map
    namespace = var.namespace
    labels = {
      "app.kubernetes.io/name"     = "prometheus-adapter"
      "app.kubernetes.io/instance" = var.name
    }
  }

  # prometheus-adapter does not start without a file, so there is one from the beginning.
  data = {
    (local.config_key) = "rules: []\n"
  }

  lifecycle {
    # Afterwards the promadapter provider owns the content, one resource for each rule. Without this,
    # the next apply would restore the empty list and remove all metrics. In the annotations the
    # provider records what is still pending.
    ignore_changes = [data, metadata[0].annotations]
  }
}

module "bundled_chart" {
  source = "../_chart"

  chart = "${path.module}/chart"
}

resource "helm_release" "this" {
  count = local.bundled ? 1 : 0

  name        = var.name
  namespace   = var.namespace
  chart       = module.bundled_chart.chart
  description = module.bundled_chart.description
  max_history = 3
  timeout     = 300

  values = [yamlencode(merge({
    program       = var.program
    image         = var.image
    replicas      = var.replicas
    prometheusURL = var.prometheus_url
    config = {
      configMap = local.config_map
      key       = local.config_key
    }
    metricsRelistInterval = "${var.metrics_relist_interval_seconds}s"
    metricsMaxAge         = "${var.metrics_max_age_seconds}s"
    clientQPS             = var.client_qps
    prometheusVerb        = var.prometheus_verb
    resources             = { limits = { memory = "${var.memory_limit_mebibytes}Mi" } }
    externalMetrics       = var.external_metrics

    # Where policies are enforced, a new pod's address is known too late for its first query to
    # Prometheus; prometheus-adapter retries after one relist interval. Until then it must not be ready.
    readinessDelaySeconds = var.network_policies ? max(4, var.metrics_relist_interval_seconds + 2) : 4

    networkPolicy = {
      enabled   = var.network_policies
      podCIDR   = var.pod_cidr
      apiServer = { cidrs = var.api_server_cidrs, port = var.api_server_port }
    }
  }, concat(local.spread, local.priority, local.tolerations, local.control_plane)...))]
}
