# The values that let NGINX survive the loss of a node: none for a single replica.

module "placement" {
  source = "../_placement"

  labels = {
    bundled          = { "app.kubernetes.io/instance" = "nginx-gateway-fabric" }
    upstream         = { "app.kubernetes.io/instance" = "nginx-ingress" }
    upstream-gateway = { "gateway.networking.k8s.io/gateway-name" = var.gateway_name }
    existing         = {}
  }[var.profile]
  unreachable_toleration_seconds = var.unreachable_toleration_seconds
}

locals {
  several = var.replicas > 1

  spread      = [for on in [local.several] : { affinity = module.placement.affinity, topologySpreadConstraints = module.placement.topology_spread_constraints } if on]
  priority    = [for name in var.priority_class_name[*] : { priorityClassName = name }]
  tolerations = [for list in [module.placement.tolerations] : { tolerations = list } if length(list) > 0]

  # The bundled version of NGINX Gateway Fabric's chart has no disruption budget; the Gateway's chart has it.
  bundled_replicas = [for on in [local.several] : { replicaCount = var.replicas } if on]
  bundled_budget   = [for on in [local.several] : { disruptionBudget = { controller = "nginx-gateway-fabric" } } if on]

  upstream_replicas = [for on in [local.several] : {
    replicaCount        = var.replicas
    podDisruptionBudget = { enabled = true, maxUnavailable = 1 }
  } if on]

  # The control process too: without it NGINX does not learn which pods are gone. The chart has a disruption
  # budget only for the control process.
  upstream_gateway_replicas = [for on in [local.several] : { replicas = var.replicas } if on]
  upstream_gateway_control = [for on in [local.several] : {
    replicas            = var.replicas
    podDisruptionBudget = { enable = true, maxUnavailable = 1 }
  } if on]
  upstream_gateway_budget = [for on in [local.several] : yamlencode({
    apiVersion = "policy/v1"
    kind       = "PodDisruptionBudget"
    metadata   = { name = "${var.gateway_name}-${var.class}", namespace = local.namespace }
    spec = {
      maxUnavailable = 1
      # A pod that is not healthy does not block the drain of its node.
      unhealthyPodEvictionPolicy = "AlwaysAllow"
      selector                   = { matchLabels = { "gateway.networking.k8s.io/gateway-name" = var.gateway_name } }
    }
  }) if on]
}
