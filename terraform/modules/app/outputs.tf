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

output "counter" {
  description = "Counter that grows with each request to /heavywork. Known once the application exposes it."
  value       = "heavywork_requests_total"

  # Without it a rule for the counter could wait for a metric that no pod exposes yet.
  depends_on = [helm_release.this]
}
