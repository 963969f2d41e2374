# Where the chart of the profile upstream comes from. The version is the one the values in this module
# were checked against; it stands here and nowhere else.

module "upstream_chart" {
  source = "../_chart"

  chart            = var.chart
  chart_repository = var.chart_repository
  chart_version    = var.chart_version

  default = { repository = "https://prometheus-community.github.io/helm-charts", name = "prometheus-adapter", version = "5.3.0" }
}
