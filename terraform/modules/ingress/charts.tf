# Where the charts of the upstream profiles come from. The versions are those the values in this
# module were checked against; each stands here and nowhere else.

locals {
  charts = {
    upstream         = { repository = "oci://ghcr.io/nginx/charts", name = "nginx-ingress", version = "2.6.4" }
    upstream-gateway = { repository = "oci://ghcr.io/nginx/charts", name = "nginx-gateway-fabric", version = "2.6.7" }
  }
  default_chart = lookup(local.charts, var.profile, { repository = null, name = null, version = null })

  # A chart on disk has no repository, and its version is what it is.
  chart            = var.chart != null ? var.chart : local.default_chart.name
  chart_on_disk    = var.chart == null ? false : can(regex("^[./]", var.chart))
  chart_repository = local.chart_on_disk ? null : var.chart_repository != null ? var.chart_repository : local.default_chart.repository
  chart_version    = local.chart_on_disk ? null : var.chart_version != null ? var.chart_version : local.default_chart.version

  # helm_release looks at the path of a local chart, not into it: the digest in the description turns
  # a changed chart into a changed release.
  chart_description = local.chart_on_disk ? "chart content ${substr(sha256(join("\n", [for f in fileset(local.chart, "**") : "${f} ${filesha256("${local.chart}/${f}")}"])), 0, 12)}" : null

  node_port = var.service_type == "NodePort" && var.profile != "existing" ? var.http_node_port : null

  # Local would answer only on the nodes that run NGINX, which is what a load balancer wants to know,
  # and not what a node port on any node promises.
  traffic_policy = merge([for port in local.node_port[*] : { externalTrafficPolicy = "Cluster" }]...)

  # What a test bed gives NGINX; extra_values say otherwise.
  resources = {
    requests = { cpu = "20m", memory = "64Mi" }
    limits   = { memory = "256Mi" }
  }
}
