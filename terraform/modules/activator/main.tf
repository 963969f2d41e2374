# The activator: scales idle workloads to zero replicas, and wakes them on the first request. The module also
# creates an EndpointSlice, a Lease and a Role in the namespace of each Service, which must exist.

module "chart" {
  source = "../_chart"

  chart = "${path.module}/chart"
}

locals {
  # The program has the defaults of what is left out.
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
    # Time for a request to be held for as long as permitted, and then answered.
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
