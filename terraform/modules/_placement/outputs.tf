output "affinity" {
  description = "Affinity: prefers a node that has none of the pods."
  value = {
    podAntiAffinity = {
      preferredDuringSchedulingIgnoredDuringExecution = [{
        weight = 100
        podAffinityTerm = merge({
          topologyKey   = "kubernetes.io/hostname"
          labelSelector = { matchLabels = var.labels }
        }, local.revision...)
      }]
    }
  }
}

output "topology_spread_constraints" {
  description = "Topology spread constraints: prefers a zone that has fewer of the pods. A zone whose nodes are all lost does not count."
  value = [merge({
    maxSkew           = 1
    topologyKey       = "topology.kubernetes.io/zone"
    whenUnsatisfiable = "ScheduleAnyway"
    nodeTaintsPolicy  = "Honor"
    labelSelector     = { matchLabels = var.labels }
  }, local.revision...)]
}

output "tolerations" {
  description = "Tolerations for a node that is lost; none where the cluster's default holds."
  value = flatten([for seconds in var.unreachable_toleration_seconds[*] : [for state in ["not-ready", "unreachable"] : {
    key               = "node.kubernetes.io/${state}"
    operator          = "Exists"
    effect            = "NoExecute"
    tolerationSeconds = seconds
  }]])
}
