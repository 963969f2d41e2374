# Where the chart of the profile upstream comes from. The version is the one the values in this module
# were checked against; it stands here and nowhere else.

locals {
  default_chart = { repository = "https://prometheus-community.github.io/helm-charts", name = "prometheus-adapter", version = "5.3.0" }

  # A chart on disk has no repository, and its version is what it is.
  chart            = var.chart != null ? var.chart : local.default_chart.name
  chart_on_disk    = var.chart == null ? false : can(regex("^[./]", var.chart))
  chart_repository = local.chart_on_disk ? null : var.chart_repository != null ? var.chart_repository : local.default_chart.repository
  chart_version    = local.chart_on_disk ? null : var.chart_version != null ? var.chart_version : local.default_chart.version

  # helm_release looks at the path of a local chart, not into it: the digest in the description turns
  # a changed chart into a changed release.
  chart_description = local.chart_on_disk ? "chart content ${substr(sha256(join("\n", [for f in fileset(local.chart, "**") : "${f} ${filesha256("${local.chart}/${f}")}"])), 0, 12)}" : null
}
