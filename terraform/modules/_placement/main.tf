# On which nodes the pods of a workload are scheduled, and how long they stay on a node that is lost.
# Everything is a preference: on a single node all pods start. Creates no resources.
#
# Zones use a topology spread constraint, nodes an anti-affinity. When it scores topology spread, the
# scheduler ignores nodes that lack the label of any constraint, so on a cluster without zones, a
# constraint for zones would also disable one for nodes.

locals {
  # Pods of an older revision do not count: otherwise the new pods would be packed where old ones are not.
  revision = [for label in var.revision_label[*] : { matchLabelKeys = [label] }]
}
