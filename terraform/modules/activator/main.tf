# The activator: puts idle workloads to zero replicas, and wakes them with the first request. It also makes
# an EndpointSlice, a Lease and a Role in the namespace of each Service, which has to be there.

module "chart" {
  source = "../_chart"

  chart = "${path.module}/chart"
}

locals {
  # What is left out is left to the program.
  services = [for s in var.services : { for name, value in s : name => value if value != null }]
}

resource "helm_release" "this" {
  name        = var.name
  namespace   = var.namespace
  chart       = module.chart.chart
  description = module.chart.description
  max_history = 3
  timeout     = 300

  values = [yamlencode({
    image         = var.image
    replicas      = var.replicas
    prometheusURL = var.prometheus_url
    services      = local.services

    drainSeconds = var.drain_seconds
    # Longer than the longest that a request may be held, and be answered then.
    shutdownTimeoutSeconds = max([for s in var.services : s.hold_seconds]...) + var.longest_request_seconds

    serviceMonitorRelease = var.release_label == null ? "" : var.release_label

    networkPolicy = {
      enabled             = var.network_policies
      podCIDR             = var.pod_cidr
      monitoringNamespace = var.monitoring_namespace
      apiServer           = { cidrs = var.api_server_cidrs, port = var.api_server_port }
    }
  })]
}
