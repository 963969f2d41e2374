output "namespace" {
  description = "Namespace of the application. Known as soon as it exists, before the application does."
  value       = kubernetes_namespace.this.metadata[0].name
}

output "deployment" {
  description = "Deployment of the application."
  value       = helm_release.this.name
}

output "service" {
  description = "Service of the application."
  value       = helm_release.this.name
}

output "port" {
  description = "Port of the pods that takes requests: targetPort of the Service, which is a number."
  value       = 8080
}

output "metrics_port" {
  description = "Port of the pods with their metrics."
  value       = 8000
}

output "traffic" {
  description = "Counter that grows with each request of any kind."
  value       = "heavywork_http_requests_total"
}

output "in_flight" {
  description = "Gauge of the requests that a pod has not answered yet."
  value       = "heavywork_http_requests_in_flight"
}

output "counter" {
  description = "Counter that grows with each request to /heavywork. Known once the application exposes it."
  value       = "heavywork_requests_total"

  # Without it a rule for the counter could wait for a metric that no pod exposes yet.
  depends_on = [helm_release.this]
}
