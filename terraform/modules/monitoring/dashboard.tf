# The dashboard, as a config map that the sidecar of Grafana's chart finds by its label.

resource "kubernetes_config_map" "dashboard" {
  count = coalesce(var.dashboard, var.profile == "upstream" && var.grafana) ? 1 : 0

  metadata {
    name      = "autoscaling-dashboard"
    namespace = local.namespace
    labels    = { grafana_dashboard = "1" }
  }

  data = {
    "autoscaling.json" = file("${path.module}/dashboards/autoscaling.json")
  }
}
