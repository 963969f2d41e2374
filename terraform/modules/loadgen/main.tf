# A load that several pods send: the release of the chart in loadgen/chart.

module "chart" {
  source = "../_chart"

  chart = "${path.module}/../../../loadgen/chart"
}

locals {
  # The kinds of load profile, from the schema of results.
  profiles = jsondecode(file("${path.module}/../../../loadgen/result/schema.json"))["$defs"].segment.properties.profile.enum

  image = regex("^(?P<repository>(?:[^/]+/)*[^/:@]+):(?P<tag>[^/:@]+)(?:@(?P<digest>sha256:[0-9a-f]{64}))?$", var.image)
}

# The apply ends when the Job exists: Helm does not wait for Jobs to complete. Whether the load succeeded is
# in its result.
resource "helm_release" "this" {
  name        = var.name
  namespace   = var.namespace
  chart       = module.chart.chart
  description = module.chart.description
  max_history = 3
  timeout     = 300

  values = [yamlencode({
    image = {
      repository = local.image.repository
      tag        = local.image.tag
      digest     = local.image.digest == null ? "" : local.image.digest
      pullPolicy = "IfNotPresent"
    }

    target  = var.target
    profile = var.profile
    pods    = var.pods
    seed    = var.seed
    run     = var.run

    maxInFlight           = var.max_in_flight
    requestTimeoutSeconds = var.request_timeout_seconds
    meetTimeoutSeconds    = var.meet_timeout_seconds

    networkPolicy = {
      enabled         = var.network_policies
      targetNamespace = var.target_namespace
      targetPort      = var.target_port
    }
  })]
}
