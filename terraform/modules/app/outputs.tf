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
  description = "Port of the pods for requests: the Service's targetPort, a number."
  value       = 8080
}

output "metrics_port" {
  description = "Port of the pods with their metrics."
  value       = 8000
}

output "traffic" {
  description = "Counter of all requests."
  value       = "heavywork_http_requests_total"
}

output "in_flight" {
  description = "Gauge of a pod's requests in flight."
  value       = "heavywork_http_requests_in_flight"
}

output "counter" {
  description = "Counter of the requests to /heavywork. Known once the application exposes it."
  value       = "heavywork_requests_total"

  # Otherwise a rule for the counter could wait for a metric that no pod exposes yet.
  depends_on = [helm_release.this]
}
