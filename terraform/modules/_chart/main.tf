# The arguments of helm_release for a chart: a directory, or a name in a repository. Creates no resources.

locals {
  chart   = var.chart != null ? var.chart : try(var.default.name, null)
  on_disk = var.chart == null ? false : var.default == null || can(regex("^[./]", var.chart))
}
