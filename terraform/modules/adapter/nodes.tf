# The values that let the adapter survive the loss of a node: none for a single pod.

module "placement" {
  source = "../_placement"

  labels = {
    "app.kubernetes.io/name"     = "prometheus-adapter"
    "app.kubernetes.io/instance" = var.name
  }
  unreachable_toleration_seconds = var.unreachable_toleration_seconds
}

locals {
  several = var.replicas > 1

  spread      = [for on in [local.several] : { affinity = module.placement.affinity, topologySpreadConstraints = module.placement.topology_spread_constraints } if on]
  priority    = [for name in var.priority_class_name[*] : { priorityClassName = name }]
  tolerations = [for list in [module.placement.tolerations] : { tolerations = list } if length(list) > 0]

  # A pod that is not healthy does not block the drain of its node.
  upstream_budget = [for on in [local.several] : { podDisruptionBudget = { enabled = true, maxUnavailable = 1, unhealthyPodEvictionPolicy = "AlwaysAllow" } } if on]

  # An API server has one connection to one adapter, and keeps using it for seconds after the adapter's node
  # is lost. The only node that it cannot lose is its own.
  control_plane = [for on in [var.on_control_plane] : {
    service = { trafficDistribution = "PreferSameNode" }
    tolerations = concat(module.placement.tolerations, [
      { key = "node-role.kubernetes.io/control-plane", operator = "Exists", effect = "NoSchedule" },
    ])
    affinity = merge(local.several ? module.placement.affinity : null, { nodeAffinity = {
      preferredDuringSchedulingIgnoredDuringExecution = [
        { weight = 100, preference = { matchExpressions = [{ key = "node-role.kubernetes.io/control-plane", operator = "Exists" }] } },
        # This makes every node count half of a control plane node, so that the anti-affinity weighs more than
        # the control plane: one pod goes there, not all of them.
        { weight = 100, preference = { matchExpressions = [{ key = "kubernetes.io/hostname", operator = "Exists" }] } },
      ]
    } })
  } if on]
}
