# Profile upstream-gateway: NGINX Gateway Fabric from its chart. Applications create an HTTPRoute.
#
# Since version 2, NGINX does not run in the control process' pod: the control process creates a Deployment
# and a Service for each Gateway, called <gateway>-<class>.

locals {
  upstream_gateway_pid_file = "/var/run/nginx/nginx.pid"
}

resource "helm_release" "upstream_gateway" {
  count = var.profile == "upstream-gateway" ? 1 : 0

  name        = "nginx-gateway-fabric"
  namespace   = local.namespace
  repository  = module.upstream_chart.repository
  chart       = module.upstream_chart.chart
  version     = module.upstream_chart.version
  description = module.upstream_chart.description
  max_history = 3
  timeout     = local.timeout

  values = concat([yamlencode({
    nginxGateway = merge({
      gatewayClassName = var.class
      productTelemetry = { enable = false }
      # The connection settings below are such a snippet.
      snippets  = { enable = true }
      resources = local.resources
    }, concat([for image in local.controller_image[*] : { image = { repository = image.repository, tag = image.tag } }], local.tolerations, local.priority, local.upstream_gateway_control)...)
    nginx = merge({
      service = merge(local.traffic_policy, {
        type = var.service_type
      }, [for port in local.node_port[*] : { nodePorts = [{ port = port, listenerPort = local.http_port }] }]...)
      container = {
        resources = local.resources
        # The image's first process forwards SIGTERM, on which NGINX drops its requests, and another stop
        # signal cannot be chosen without setting the pod's operating system. So NGINX is stopped before: it
        # keeps accepting connections while node ports still lead here, then finishes its requests. Meanwhile
        # the agent next to it keeps its list of upstream servers up to date.
        lifecycle = { preStop = { exec = { command = ["/bin/sh", "-c", join("; ", [
          "sleep ${var.drain_seconds}",
          "kill -QUIT \"$(cat ${local.upstream_gateway_pid_file})\"",
          "while [ -e ${local.upstream_gateway_pid_file} ]; do sleep 1; done",
        ])] } } }
      }
      pod = merge({ terminationGracePeriodSeconds = local.grace_period_seconds }, concat(local.spread, local.tolerations)...)
    }, concat([for image in local.nginx_image[*] : { image = { repository = image.repository, tag = image.tag } }], local.upstream_gateway_replicas)...)
    gateways = [{
      name      = var.gateway_name
      namespace = local.namespace
      spec = {
        gatewayClassName = var.class
        listeners = [{
          name     = "http"
          port     = local.http_port
          protocol = "HTTP"
          # Applications have namespaces of their own, with their routes.
          allowedRoutes = { namespaces = { from = "All" } }
        }]
      }
    }]
    # How requests survive a change: docs/lossless.md.
    extraObjects = concat([yamlencode({
      apiVersion = "gateway.nginx.org/v1alpha1"
      kind       = "SnippetsPolicy"
      metadata   = { name = "connections", namespace = local.namespace }
      spec = {
        targetRefs = [{ group = "gateway.networking.k8s.io", kind = "Gateway", name = var.gateway_name }]
        snippets = [{
          context = "http"
          value = join("\n", [
            "keepalive_min_timeout ${var.keepalive_min_timeout_seconds}s;",
            "keepalive_timeout 75s ${var.keepalive_min_timeout_seconds - 1}s;",
            "proxy_connect_timeout ${var.connect_timeout_seconds}s;",
          ])
        }]
      }
    })], local.upstream_gateway_budget)
  })], var.extra_values)

  # Otherwise the API server would not know the kind Gateway yet. If no chart is given for them, the Gateway
  # API's definitions must exist already.
  depends_on = [helm_release.crds]
}
