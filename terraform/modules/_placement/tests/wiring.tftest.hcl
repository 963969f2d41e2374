# The outputs for a workload. There is nothing else to plan.

variables {
  labels = { app = "web" }
}

run "deployment" {
  command = plan

  variables {
    unreachable_toleration_seconds = 10
  }

  assert {
    condition = output.affinity == { podAntiAffinity = { preferredDuringSchedulingIgnoredDuringExecution = [{
      weight = 100
      podAffinityTerm = {
        topologyKey    = "kubernetes.io/hostname"
        labelSelector  = { matchLabels = tomap({ app = "web" }) }
        matchLabelKeys = ["pod-template-hash"]
      }
    }] } }
    error_message = "Pods must prefer different nodes, and never be kept from starting."
  }

  assert {
    condition = output.topology_spread_constraints == [{
      maxSkew           = 1
      topologyKey       = "topology.kubernetes.io/zone"
      whenUnsatisfiable = "ScheduleAnyway"
      nodeTaintsPolicy  = "Honor"
      labelSelector     = { matchLabels = tomap({ app = "web" }) }
      matchLabelKeys    = ["pod-template-hash"]
    }]
    error_message = "Pods must prefer different zones, and never be kept from starting."
  }

  assert {
    condition = output.tolerations == [
      { key = "node.kubernetes.io/not-ready", operator = "Exists", effect = "NoExecute", tolerationSeconds = 10 },
      { key = "node.kubernetes.io/unreachable", operator = "Exists", effect = "NoExecute", tolerationSeconds = 10 },
    ]
    error_message = "Pods must leave a lost node after that time."
  }
}

run "stateful_set" {
  command = plan

  variables {
    revision_label = null
  }

  assert {
    condition     = !strcontains(jsonencode([output.affinity, output.topology_spread_constraints]), "matchLabelKeys")
    error_message = "Replicas of a StatefulSet stay in place from one revision to the next: all of them count."
  }

  assert {
    condition     = length(output.tolerations) == 0
    error_message = "Without a time, the cluster's default applies."
  }
}
