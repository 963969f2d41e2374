# The way in: NGINX, and a Gateway that applications attach their routes to.
#
# Each profile lives in a file of its own, whose resources exist (count) when the profile is chosen.
# What others need to know of it is one entry in each of the maps below; nothing else knows which
# profile runs.

locals {
  bundled = var.profile == "bundled"

  # Seconds Helm waits for what it installs to become ready; images are not always at hand.
  timeout = 300

  # One map for each value, not one object for each profile: a route needs the Gateway only, and
  # would wait for NGINX as well if both came out of one object.
  class             = { bundled = local.bundled_class }
  gateway_name      = { bundled = one(helm_release.gateway[*].name) }
  gateway_namespace = { bundled = one(helm_release.gateway[*].namespace) }
  deployment        = { bundled = one(helm_release.controller[*].name) }
  service           = { bundled = one(helm_release.controller[*].name) }
}

resource "kubernetes_namespace" "this" {
  metadata {
    name = var.namespace
    labels = {
      # One level below restricted: NGINX Gateway Fabric keeps the capability KILL, by which its
      # control process tells the NGINX beside it, another user's process, to reload.
      "pod-security.kubernetes.io/enforce"         = "baseline"
      "pod-security.kubernetes.io/enforce-version" = "latest"
    }
  }
}

# What no policy of a chart allows is refused, to pods that come later as well.
resource "kubernetes_network_policy" "default_deny" {
  count = var.network_policies ? 1 : 0

  metadata {
    name      = "default-deny"
    namespace = kubernetes_namespace.this.metadata[0].name
  }

  spec {
    pod_selector {}
    policy_types = ["Ingress", "Egress"]
  }
}
