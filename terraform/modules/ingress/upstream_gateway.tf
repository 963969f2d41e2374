# Profile upstream-gateway: NGINX Gateway Fabric from its chart. Applications bring an HTTPRoute.
#
# Since its version 2, NGINX does not run beside the control process: that one makes a Deployment and
# a Service for each Gateway, called <gateway>-<class>.

resource "helm_release" "upstream_gateway" {
  count = var.profile == "upstream-gateway" ? 1 : 0

  name        = "nginx-gateway-fabric"
  namespace   = local.namespace
  repository  = local.chart_repository
  chart       = local.chart
  version     = local.chart_version
  description = local.chart_description
  max_history = 3
  timeout     = local.timeout

  values = concat([yamlencode({
    nginxGateway = merge({
      gatewayClassName = var.class
      productTelemetry = { enable = false }
      resources        = local.resources
    }, [for image in local.controller_image[*] : { image = { repository = image.repository, tag = image.tag } }]...)
    nginx = merge({
      service = merge(local.traffic_policy, {
        type = var.service_type
      }, [for port in local.node_port[*] : { nodePorts = [{ port = port, listenerPort = local.http_port }] }]...)
      container = { resources = local.resources }
    }, [for image in local.nginx_image[*] : { image = { repository = image.repository, tag = image.tag } }]...)
    gateways = [{
      name      = var.gateway_name
      namespace = local.namespace
      spec = {
        gatewayClassName = var.class
        listeners = [{
          name     = "http"
          port     = local.http_port
          protocol = "HTTP"
          # Applications live in namespaces of their own and bring their routes along.
          allowedRoutes = { namespaces = { from = "All" } }
        }]
      }
    }]
  })], var.extra_values)

  # Without it the API server does not know the kind Gateway yet. Where no chart is given for them, the
  # Gateway API's definitions are there already.
  depends_on = [helm_release.crds]
}
