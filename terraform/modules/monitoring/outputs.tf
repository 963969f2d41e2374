output "namespace" {
  description = "Namespace of the operator and Prometheus."
  value       = kubernetes_namespace.this.metadata[0].name
}

output "release_label" {
  description = "Value of the label \"release\" that a ServiceMonitor must carry. Known once ServiceMonitors can be created."
  value       = var.release_label

  # Without it a release that reads this label could bring its ServiceMonitor before the API server
  # knows that kind. Only the definitions are waited for, on purpose: a monitor that is there before
  # Prometheus is in its first configuration, a later one waits for the kubelet to pass it on.
  depends_on = [helm_release.crds]
}

output "prometheus_name" {
  description = "Name of the Prometheus object; its pod is prometheus-<name>-0."
  value       = local.prometheus_name

  # Without it what talks to Prometheus could be installed before it, and outlive it at destroy.
  depends_on = [helm_release.stack]
}

output "prometheus_service" {
  description = "Service of Prometheus."
  value       = local.service_name

  # As for prometheus_name.
  depends_on = [helm_release.stack]
}

output "prometheus_url" {
  description = "URL of Prometheus inside the cluster."
  value       = "http://${local.service_name}.${kubernetes_namespace.this.metadata[0].name}.svc:${local.service_port}"

  # As for prometheus_name.
  depends_on = [helm_release.stack]
}

output "prometheus_version" {
  description = "Version of Prometheus that the operator configures for."
  value       = local.prometheus_version
}
