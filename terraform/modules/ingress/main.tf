# The entry point: NGINX, and a Gateway that applications attach their routes to.
#
# Each profile has a file of its own, whose resources exist (count) if the profile is chosen. What others
# need to know about a profile is one entry in each of the maps below; nothing else depends on the profile.
# The profile "existing" has no resources: it passes on its inputs. nodes.tf has the values for high
# availability.

locals {
  bundled     = var.profile == "bundled"
  gateway_api = contains(["bundled", "upstream-gateway"], var.profile)

  # Seconds that Helm waits for a release to become ready; images may have to be pulled.
  timeout = 300

  # How long NGINX may take to stop: it keeps accepting connections, then keeps the open ones, then finishes
  # the last request. The rest is a margin.
  grace_period_seconds = var.drain_seconds + var.keepalive_min_timeout_seconds + var.longest_request_seconds + 5

  # One map for each value, not one object for each profile: a route needs only the Gateway, and would also
  # wait for NGINX if both came from one object.
  exposure = {
    bundled          = "httpRoute"
    upstream         = "ingress"
    upstream-gateway = "httpRoute"
    existing         = var.exposure
  }
  class = {
    bundled          = local.bundled_class
    upstream         = one(helm_release.upstream[*].name) == null ? null : var.class
    upstream-gateway = var.class
    existing         = var.class
  }
  gateway_name = {
    bundled          = one(helm_release.gateway[*].name)
    upstream         = null
    upstream-gateway = one(helm_release.upstream_gateway[*].name) == null ? null : var.gateway_name
    existing         = var.exposure == "httpRoute" ? var.gateway_name : null
  }
  gateway_namespace = {
    bundled          = one(helm_release.gateway[*].namespace)
    upstream         = null
    upstream-gateway = one(helm_release.upstream_gateway[*].namespace)
    existing         = var.exposure == "httpRoute" ? var.namespace : null
  }
  deployment = {
    bundled          = one(helm_release.controller[*].name)
    upstream         = one([for name in helm_release.upstream[*].name : "${name}-controller"])
    upstream-gateway = one([for name in helm_release.upstream_gateway[*].name : "${var.gateway_name}-${var.class}"])
    existing         = null
  }
  service = {
    bundled          = one(helm_release.controller[*].name)
    upstream         = one([for name in helm_release.upstream[*].name : "${name}-controller"])
    upstream-gateway = one([for name in helm_release.upstream_gateway[*].name : "${var.gateway_name}-${var.class}"])
    existing         = null
  }
  container = {
    bundled          = "nginx"
    upstream         = "nginx-ingress"
    upstream-gateway = "nginx"
    existing         = null
  }

  metrics = {
    bundled          = one([for name in helm_release.controller[*].name : { namespace = local.namespace, labels = { "app.kubernetes.io/instance" = name }, metrics_port = "metrics" }])
    upstream         = one([for name in helm_release.upstream[*].name : { namespace = local.namespace, labels = { "app.kubernetes.io/instance" = name }, metrics_port = "prometheus" }])
    upstream-gateway = one([for name in helm_release.upstream_gateway[*].name : { namespace = local.namespace, labels = { "app.kubernetes.io/instance" = name }, metrics_port = "metrics" }])
    existing         = null
  }

  # The bundled NGINX Gateway Fabric is one level below restricted: it keeps the capability KILL, with which
  # its control process signals the NGINX in the same pod, another user's process, to reload.
  pod_security = {
    bundled          = "baseline"
    upstream         = "restricted"
    upstream-gateway = "restricted"
    existing         = null
  }

  create_namespace = var.create_namespace && var.profile != "existing"
  namespace        = local.create_namespace ? kubernetes_namespace.this[0].metadata[0].name : var.namespace
}

resource "kubernetes_namespace" "this" {
  count = local.create_namespace ? 1 : 0

  metadata {
    name = var.namespace
    labels = {
      "pod-security.kubernetes.io/enforce"         = local.pod_security[var.profile]
      "pod-security.kubernetes.io/enforce-version" = "latest"
    }
  }
}

# Refuses everything that no policy of a chart allows, also for pods that are added later. Third-party charts
# have no policies that would let their own pods work.
resource "kubernetes_network_policy" "default_deny" {
  count = var.network_policies && local.bundled ? 1 : 0

  metadata {
    name      = "default-deny"
    namespace = local.namespace
  }

  spec {
    pod_selector {}
    policy_types = ["Ingress", "Egress"]
  }
}
