# Where the pods of one workload go when there are several nodes, and how long they stay on one that is
# lost. Everything is a preference: on one node all of them start. It makes nothing.
#
# Zones and nodes are asked for in two ways. A scheduler that scores by topology spread passes over nodes
# that lack the label of any constraint, so on a cluster without zones a constraint for them would also
# undo one for nodes.

locals {
  # Pods of an older revision do not count: they would push the new ones together.
  revision = [for label in var.revision_label[*] : { matchLabelKeys = [label] }]
}
