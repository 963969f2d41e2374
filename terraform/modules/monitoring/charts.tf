# The source of the chart of the profile upstream. The values in this module were checked against this
# version, which is set only here.

module "upstream_chart" {
  source = "../_chart"

  chart            = var.chart
  chart_repository = var.chart_repository
  chart_version    = var.chart_version

  default = { repository = "https://prometheus-community.github.io/helm-charts", name = "kube-prometheus-stack", version = "88.5.3" }
}
