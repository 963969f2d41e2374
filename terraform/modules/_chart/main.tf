# What helm_release is told about a chart: a directory, or a name in a repository. It makes nothing.

locals {
  chart   = var.chart != null ? var.chart : try(var.default.name, null)
  on_disk = var.chart == null ? false : var.default == null || can(regex("^[./]", var.chart))
}
