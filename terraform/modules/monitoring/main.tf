# Prometheus Operator, its definitions, and Prometheus, which scrapes what ServiceMonitors with the release
# label select, in any namespace.
#
# This file has the profile bundled; upstream.tf has kube-prometheus-stack. The profile "existing" has no
# resources: it passes on its inputs. nodes.tf has the values for high availability.

locals {
  bundled = var.profile == "bundled"

  create_namespace = var.create_namespace && var.profile != "existing"
  namespace        = local.create_namespace ? kubernetes_namespace.this[0].metadata[0].name : var.namespace

  # The operator generates arguments and configuration for a version, which is the image's tag.
  prometheus_version = one([for image in var.prometheus_image[*] : regex(":v?(\\d+\\.\\d+\\.\\d+)[^/:@]*(?:@sha256:[0-9a-f]{64})?$", image)[0]])

  # Seconds that Helm waits for a release to become ready; images may have to be pulled.
  timeout = 300

  # Names from the charts; the operator names everything else after the Prometheus.
  prometheus_name = {
    bundled  = "prometheus"
    upstream = local.upstream_name
    existing = null
  }
  service_name = {
    bundled  = "prometheus"
    upstream = "${local.upstream_name}-prometheus"
    existing = var.prometheus_service
  }
  service_port = var.profile == "existing" ? var.prometheus_port : 9090
}

resource "kubernetes_namespace" "this" {
  count = local.create_namespace ? 1 : 0

  metadata {
    name = var.namespace
    labels = {
      "pod-security.kubernetes.io/enforce"         = "restricted"
      "pod-security.kubernetes.io/enforce-version" = "latest"
    }
  }
}

module "crds_chart" {
  source = "../_chart"

  chart = var.crds_chart
}

resource "helm_release" "crds" {
  count = var.profile != "existing" && var.crds_chart != null ? 1 : 0

  name        = "monitoring-crds"
  namespace   = local.namespace
  chart       = module.crds_chart.chart
  description = module.crds_chart.description
  # Each kept revision is a Secret of some hundred kilobytes.
  max_history = 2
  timeout     = local.timeout
}

module "bundled_chart" {
  source = "../_chart"

  chart = "${path.module}/chart"
}

resource "helm_release" "stack" {
  count = local.bundled ? 1 : 0

  name        = "monitoring"
  namespace   = local.namespace
  chart       = module.bundled_chart.chart
  description = module.bundled_chart.description
  max_history = 3
  timeout     = local.timeout

  values = concat([yamlencode(merge({
    images = {
      operator       = var.operator_image
      configReloader = var.config_reloader_image
      prometheus     = var.prometheus_image
    }
    prometheus = merge({
      version            = local.prometheus_version
      releaseLabel       = var.release_label
      scrapeInterval     = "${var.scrape_interval_seconds}s"
      evaluationInterval = "${var.evaluation_interval_seconds}s"
      retention          = "${var.retention_hours}h"
      service            = { nodePort = var.node_port }
    }, local.bundled_prometheus...)
    networkPolicy = {
      enabled   = var.network_policies
      podCIDR   = var.pod_cidr
      apiServer = { cidrs = var.api_server_cidrs, port = var.api_server_port }
    }
  }, local.bundled_pods...))], var.extra_values)

  # Otherwise the operator would start without the kinds that it watches and never watch them, and the
  # Prometheus object would be refused; at destroy that object would be deleted with its definition
  # while the operator still reconciles it.
  depends_on = [helm_release.crds]
}

# Refuses everything that no policy of a chart allows, also for pods that are added later. Third-party charts
# have no policies that would let their own pods work.
resource "kubernetes_network_policy" "default_deny" {
  count = var.network_policies && local.bundled ? 1 : 0

  metadata {
    name      = "default-deny"
    namespace = local.namespace
  }

  spec {
    pod_selector {}
    policy_types = ["Ingress", "Egress"]
  }
}
