output "prometheus_rule" {
  description = "Name of the PrometheusRule with all alerts, in namespace."
  value       = helm_release.this.name
}
