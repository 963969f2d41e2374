# Where the charts of the upstream profiles come from. The versions are those the values in this
# module were checked against; each stands here and nowhere else.

locals {
  charts = {
    upstream         = { repository = "oci://ghcr.io/nginx/charts", name = "nginx-ingress", version = "2.6.4" }
    upstream-gateway = { repository = "oci://ghcr.io/nginx/charts", name = "nginx-gateway-fabric", version = "2.6.7" }
  }
}

module "upstream_chart" {
  source = "../_chart"

  chart            = var.chart
  chart_repository = var.chart_repository
  chart_version    = var.chart_version

  default = lookup(local.charts, var.profile, null)
}

locals {
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
