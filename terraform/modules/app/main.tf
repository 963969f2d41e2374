# The application: a namespace, and the release of the chart in app/chart.

module "chart" {
  source = "../_chart"

  chart = "${path.module}/../../../app/chart"
}

locals {
  image = regex("^(?P<repository>(?:[^/]+/)*[^/:@]+):(?P<tag>[^/:@]+)(?:@(?P<digest>sha256:[0-9a-f]{64}))?$", var.image)
}

resource "kubernetes_namespace" "this" {
  metadata {
    name = var.namespace
    labels = {
      "pod-security.kubernetes.io/enforce"         = "restricted"
      "pod-security.kubernetes.io/enforce-version" = "latest"
    }
  }
}

# Refuses everything that no policy of a chart allows, also for pods that are added later.
resource "kubernetes_network_policy" "default_deny" {
  count = var.network_policies ? 1 : 0

  metadata {
    name      = "default-deny"
    namespace = kubernetes_namespace.this.metadata[0].name
  }

  spec {
    pod_selector {}
    policy_types = ["Ingress", "Egress"]
  }
}

resource "helm_release" "this" {
  name        = var.name
  namespace   = kubernetes_namespace.this.metadata[0].name
  chart       = module.chart.chart
  description = module.chart.description
  max_history = 3
  timeout     = 300

  values = [yamlencode(merge({
    # The outputs promise this name; the chart would derive another one from the release's name.
    fullnameOverride = var.name

    image = {
      repository = local.image.repository
      tag        = local.image.tag
      digest     = local.image.digest == null ? "" : local.image.digest
      pullPolicy = "IfNotPresent"
    }

    drainSeconds = var.drain_seconds

    # The autoscaler owns the number of replicas.
    autoscaling = { enabled = true }

    exposure  = var.exposure
    hostnames = var.hostnames
    ingress   = { className = var.ingress_class }
    httpRoute = {
      parentRef = {
        name      = var.gateway_name == null ? "" : var.gateway_name
        namespace = var.gateway_namespace == null ? "" : var.gateway_namespace
      }
    }

    networkPolicy = {
      enabled             = var.network_policies
      ingressNamespace    = var.exposure == "httpRoute" && var.gateway_namespace != null ? var.gateway_namespace : ""
      monitoringNamespace = var.monitoring_namespace
    }

    serviceMonitor = {
      enabled      = true
      releaseLabel = var.release_label
      interval     = "${var.scrape_interval_seconds}s"
    }
  }, local.nodes...))]
}

module "placement" {
  source = "../_placement"

  labels                         = { "app.kubernetes.io/instance" = var.name }
  unreachable_toleration_seconds = var.unreachable_toleration_seconds
}

# The values that let the application survive the loss of a node: none for a single replica.
locals {
  nodes = concat(
    [for on in [var.min_replicas > 1] : {
      podDisruptionBudget       = { enabled = true }
      affinity                  = module.placement.affinity
      topologySpreadConstraints = module.placement.topology_spread_constraints
    } if on],
    [for name in var.priority_class_name[*] : { priorityClassName = name }],
    [for list in [module.placement.tolerations] : { tolerations = list } if length(list) > 0],
  )
}
