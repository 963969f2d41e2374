# Profile bundled: NGINX Gateway Fabric and the Gateway API, from local charts; no registry is needed.

locals {
  bundled_class = var.class
  http_port     = 80

  controller_image = one([for image in var.controller_image[*] : regex("^(?P<repository>(?:[^/]+/)*[^/:]+):(?P<tag>.+)$", image)])
  nginx_image      = one([for image in var.nginx_image[*] : regex("^(?P<repository>(?:[^/]+/)*[^/:]+):(?P<tag>.+)$", image)])
}

module "bundled_chart" {
  source = "../_chart"
  for_each = {
    crds       = var.crds_chart
    controller = var.controller_chart
    gateway    = "${path.module}/chart"
  }

  chart = each.value
}

resource "helm_release" "crds" {
  count = local.gateway_api && var.crds_chart != null ? 1 : 0

  name        = "ingress-crds"
  namespace   = local.namespace
  chart       = module.bundled_chart["crds"].chart
  description = module.bundled_chart["crds"].description
  max_history = 3
  timeout     = local.timeout
}

resource "helm_release" "gateway" {
  count = local.bundled ? 1 : 0

  name        = var.gateway_name
  namespace   = local.namespace
  chart       = module.bundled_chart["gateway"].chart
  description = module.bundled_chart["gateway"].description
  max_history = 3
  timeout     = local.timeout

  values = [yamlencode(merge({
    name      = var.gateway_name
    className = local.bundled_class
    port      = local.http_port
    connections = {
      keepaliveMinTimeoutSeconds = var.keepalive_min_timeout_seconds
      connectTimeoutSeconds      = var.connect_timeout_seconds
    }
    networkPolicy = {
      enabled             = var.network_policies
      controller          = "nginx-gateway-fabric"
      backendPorts        = var.backend_ports
      podCIDR             = var.pod_cidr
      monitoringNamespace = var.monitoring_namespace
      apiServer           = { cidrs = var.api_server_cidrs, port = var.api_server_port }
    }
  }, local.bundled_budget...))]

  # Otherwise the API server would not know the kind Gateway yet, and at destroy the Gateway would be
  # deleted with its definition before Helm deletes it.
  depends_on = [helm_release.crds]
}

resource "helm_release" "controller" {
  count = local.bundled ? 1 : 0

  name        = "nginx-gateway-fabric"
  namespace   = local.namespace
  chart       = module.bundled_chart["controller"].chart
  description = module.bundled_chart["controller"].description
  max_history = 3
  timeout     = local.timeout

  values = [yamlencode(merge({
    nginxGateway = merge({
      gatewayClassName = local.bundled_class
      image = {
        repository = local.controller_image.repository
        tag        = local.controller_image.tag
        pullPolicy = "IfNotPresent"
      }
      productTelemetry = { enable = false }
      # All replicas write the same status of the Gateway and its routes, so no leader is needed, nor the
      # permission for Leases in all namespaces. A leader also exits, and takes its NGINX out of the Service
      # for a while, whenever it cannot reach the API server for ten seconds.
      leaderElection = { enable = false }
      # The connection settings in chart/ are such a filter.
      snippetsFilters = { enable = true }
      # Keeps NGINX's list of upstream servers up to date until NGINX stops.
      lifecycle = { preStop = { sleep = { seconds = var.drain_seconds } } }
      resources = {
        requests = { cpu = "20m", memory = "64Mi" }
        limits   = { memory = "256Mi" }
      }
    }, local.bundled_replicas...)
    nginx = {
      image = {
        repository = local.nginx_image.repository
        tag        = local.nginx_image.tag
        pullPolicy = "IfNotPresent"
      }
      # NGINX keeps accepting connections while node ports still lead here.
      lifecycle = { preStop = { sleep = { seconds = var.drain_seconds } } }
    }
    terminationGracePeriodSeconds = local.grace_period_seconds
    service = {
      type = "NodePort"
      # Local would answer only on the node that runs NGINX.
      externalTrafficPolicy = "Cluster"
      ports = [{
        name       = "http"
        port       = local.http_port
        targetPort = local.http_port
        protocol   = "TCP"
        nodePort   = var.http_node_port
      }]
    }
    # On a port of the pod that no Service exposes.
    metrics = { enable = true, port = 9113, secure = false }
  }, concat(local.spread, local.tolerations)...))]

  # The controller is ready once NGINX runs with the configuration from its first sync. If that came
  # before the Gateway, the release would count as installed while port 80 is still closed. The release
  # of the Gateway also waits for the definitions that the controller watches.
  depends_on = [helm_release.gateway]
}
