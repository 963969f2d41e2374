# What tells an operator that the way of the metric is broken: scrapes of its parts, and rules that
# fire on what they show.

locals {
  chart = "${path.module}/chart"

  # helm_release looks at the path of a local chart, not into it: the digest in the description
  # turns a changed chart into a changed release.
  digest = substr(sha256(join("\n", [for f in fileset(local.chart, "**") : "${f} ${filesha256("${local.chart}/${f}")}"])), 0, 12)
}

resource "helm_release" "this" {
  name        = "alerts"
  namespace   = var.namespace
  chart       = local.chart
  description = "chart content ${local.digest}"
  max_history = 3
  timeout     = 300

  values = [yamlencode(merge({
    releaseLabel             = var.release_label
    prometheusServiceAccount = var.prometheus_service_account
    scrapeInterval           = "${var.scrape_interval_seconds}s"
    pending                  = "${var.pending_seconds}s"
    runbookURL               = var.runbook_url
    adapter = {
      name      = var.adapter_name
      namespace = var.namespace
    }
    ingress     = var.ingress
    autoscalers = var.autoscalers
    }, {
    # Only what is not as in the profiles bundled.
    for name, value in {
      prometheusPort  = var.prometheus_port
      operatorName    = var.operator_name
      adapterVerified = var.adapter_verified ? null : false
    } : name => value if value != null
  }))]
}
