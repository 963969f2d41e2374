output "prometheus_rule" {
  description = "Name of the PrometheusRule with all alerts, in namespace."
  value       = helm_release.this.name
}

output "scrape_interval_seconds" {
  description = "Seconds between scrapes of the parts, and between evaluations of the rules."
  value       = var.scrape_interval_seconds
}

output "pending_seconds" {
  description = "Seconds for which something must be wrong before an alert fires."
  value       = var.pending_seconds
}
