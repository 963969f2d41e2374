# Alerts for when the path of the metric is broken: monitors for its parts, and alerting rules on their
# metrics.

module "chart" {
  source = "../_chart"

  chart = "${path.module}/chart"
}

resource "helm_release" "this" {
  name        = "alerts"
  namespace   = var.namespace
  chart       = module.chart.chart
  description = module.chart.description
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
    activator   = var.activator
    }, {
    # Only values that differ from the profiles bundled.
    for name, value in {
      prometheusPort  = var.prometheus_port
      operatorName    = var.operator_name
      adapterVerified = var.adapter_verified ? null : false
    } : name => value if value != null
  }))]
}
