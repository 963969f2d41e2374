variable "labels" {
  description = "Labels that select the pods."
  type        = map(string)
  nullable    = false
}

variable "revision_label" {
  description = "Label that tells the revisions of a workload apart. Null where pods are replaced in place, as a StatefulSet does."
  type        = string
  default     = "pod-template-hash"
}

variable "unreachable_toleration_seconds" {
  description = "Seconds for which pods stay on a node that is not ready or unreachable. Null means the cluster's default."
  type        = number
  default     = null
}
