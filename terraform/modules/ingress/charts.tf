# The sources of the charts of the upstream profiles. The values in this module were checked against these
# versions, which are set only here. NGINX Gateway Fabric 2.7 is published, but has not been checked yet.

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

  # With Local, only nodes that run NGINX answer. A load balancer needs that, but a node port must work on
  # every node.
  traffic_policy = merge([for port in local.node_port[*] : { externalTrafficPolicy = "Cluster" }]...)

  # Sized for a test bed; extra_values overrides them.
  resources = {
    requests = { cpu = "20m", memory = "64Mi" }
    limits   = { memory = "256Mi" }
  }
}
