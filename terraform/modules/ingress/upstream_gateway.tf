# Profile upstream-gateway: NGINX Gateway Fabric from its chart. Applications bring an HTTPRoute.
#
# Since its version 2, NGINX does not run beside the control process: that one makes a Deployment and
# a Service for each Gateway, called <gateway>-<class>.

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
      # The settings of connections below are such a snippet.
      snippets  = { enable = true }
      resources = local.resources
    }, concat([for image in local.controller_image[*] : { image = { repository = image.repository, tag = image.tag } }], local.tolerations, local.priority, local.upstream_gateway_control)...)
    nginx = merge({
      service = merge(local.traffic_policy, {
        type = var.service_type
      }, [for port in local.node_port[*] : { nodePorts = [{ port = port, listenerPort = local.http_port }] }]...)
      container = {
        resources = local.resources
        # The image's first process passes SIGTERM on, at which NGINX drops its requests, and another
        # signal cannot be chosen without naming the pod's operating system. So NGINX stops before it gets
        # there: it continues to serve new connections while node ports still lead here, then finishes what
        # it has. The agent beside it keeps its list of servers up to date for as long.
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
          # Applications live in namespaces of their own and bring their routes along.
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

  # Without it the API server does not know the kind Gateway yet. Where no chart is given for them, the
  # Gateway API's definitions are there already.
  depends_on = [helm_release.crds]
}
