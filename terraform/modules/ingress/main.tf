# The way in: NGINX, and a Gateway that applications attach their routes to.
#
# Each profile lives in a file of its own, whose resources exist (count) when the profile is chosen.
# What others need to know of it is one entry in each of the maps below; nothing else knows which
# profile runs. The profile "existing" has no resources: it passes on what it was told. nodes.tf has what
# is added when the loss of a node is to be survived.

locals {
  bundled     = var.profile == "bundled"
  gateway_api = contains(["bundled", "upstream-gateway"], var.profile)

  # Seconds Helm waits for what it installs to become ready; images are not always at hand.
  timeout = 300

  # What an NGINX that was told to stop may take: it goes on taking connections, then keeps those it
  # has, then finishes the last request. The rest is a margin.
  grace_period_seconds = var.drain_seconds + var.keepalive_min_timeout_seconds + var.longest_request_seconds + 5

  # One map for each value, not one object for each profile: a route needs the Gateway only, and
  # would wait for NGINX as well if both came out of one object.
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

  # The bundled NGINX Gateway Fabric is one level below restricted: it keeps the capability KILL, by
  # which its control process tells the NGINX beside it, another user's process, to reload.
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

# What no policy of a chart allows is refused, to pods that come later as well. Charts of others bring no
# policies that would let their own pods work.
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
