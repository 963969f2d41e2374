# The values that let Prometheus survive the loss of a node: none for a single one that keeps its samples
# in the pod.

locals {
  several = var.replicas > 1 && var.profile != "existing"

  # With several replicas, both charts have a Service for each.
  replica_urls = [
    for ordinal in local.several ? [for i in range(var.replicas) : "-${i}"] : [""] :
    "http://${local.service_name[var.profile]}${ordinal}.${local.namespace}.svc:${local.service_port}"
  ]

  priority    = [for name in var.priority_class_name[*] : { priorityClassName = name }]
  tolerations = [for list in [module.placement.tolerations] : { tolerations = list } if length(list) > 0]
}

module "placement" {
  source = "../_placement"

  labels = merge(
    { "app.kubernetes.io/name" = "prometheus" },
    [for name in local.prometheus_name[var.profile][*] : { "operator.prometheus.io/name" = name }]...
  )
  revision_label                 = null
  unreachable_toleration_seconds = var.unreachable_toleration_seconds
}

# For this module's chart.
locals {
  bundled_prometheus = concat(
    [for on in [local.several] : {
      replicas                  = var.replicas
      affinity                  = module.placement.affinity
      topologySpreadConstraints = module.placement.topology_spread_constraints
    } if on],
    [for seconds in var.ready_after_seconds[*] : { readyAfterSeconds = seconds }],
    [for nodes in [keys(var.sample_volumes)] : {
      volumes = [for node in slice(nodes, 0, var.replicas) : { node = node, path = var.sample_volumes[node] }]
    } if length(nodes) > 0],
  )
  bundled_pods = concat(local.priority, [for t in local.tolerations : { operator = t }])
}

# For kube-prometheus-stack, which sets an anti-affinity for nodes itself.
locals {
  upstream_operator = concat(local.priority, local.tolerations)
  upstream_prometheus = concat(
    [for on in [local.several] : {
      replicas                  = var.replicas
      topologySpreadConstraints = module.placement.topology_spread_constraints
    } if on],
    local.priority,
    # Merged into the operator's container. Rollouts and disruption budgets wait for readiness, and budgets
    # for nothing else, not even minReadySeconds.
    [for seconds in var.ready_after_seconds[*] : { containers = [{
      name           = "prometheus"
      readinessProbe = { periodSeconds = 1, failureThreshold = 15, successThreshold = seconds }
    }] }],
    [for name in var.storage_class[*] : { storageSpec = { volumeClaimTemplate = { spec = {
      storageClassName = name
      accessModes      = ["ReadWriteOnce"]
      resources        = { requests = { storage = "${var.storage_gibibytes}Gi" } }
    } } } }],
  )
  # The replicas do not have the same samples: a client stays with one of them while it is ready.
  upstream_service = [for on in [local.several] : { sessionAffinity = "ClientIP" } if on]
  upstream_several = [for on in [local.several] : { servicePerReplica = { enabled = true }, podDisruptionBudget = { enabled = true, minAvailable = var.replicas - 1 } } if on]
}
