output "namespace" {
  description = "Namespace of the operator and Prometheus."
  value       = local.namespace
}

output "release_label" {
  description = "Value of the label \"release\" that a ServiceMonitor must carry. Known once ServiceMonitors can be created."
  value       = var.release_label

  # Otherwise a release that reads this label could create its ServiceMonitor before the API server knows
  # that kind. It waits only for the definitions, on purpose: a monitor that exists before Prometheus is in
  # its first configuration; a later one has to wait for the kubelet to update that configuration.
  # (kube-prometheus-stack installs the definitions itself if no chart is given for them.)
  depends_on = [helm_release.crds, helm_release.upstream]
}

output "prometheus_name" {
  description = "Name of the Prometheus object; its pods are prometheus-<name>-0 and so on. Null when it was there before."
  value       = local.prometheus_name[var.profile]

  # Otherwise clients of Prometheus could be installed before it, and outlive it at destroy.
  depends_on = [helm_release.stack, helm_release.upstream]
}

output "prometheus_service" {
  description = "Service of Prometheus."
  value       = local.service_name[var.profile]

  # As for prometheus_name.
  depends_on = [helm_release.stack, helm_release.upstream]
}

output "prometheus_url" {
  description = "URL of Prometheus inside the cluster."
  value       = "http://${local.service_name[var.profile]}.${local.namespace}.svc:${local.service_port}"

  # As for prometheus_name.
  depends_on = [helm_release.stack, helm_release.upstream]
}

output "prometheus_urls" {
  description = "URL of each Prometheus inside the cluster, for clients that query several and must know which one has answered. Their common Service leads to any of them, but a client always to the same one while that is ready."
  value       = local.replica_urls

  # As for prometheus_name.
  depends_on = [helm_release.stack, helm_release.upstream]
}

output "prometheus_version" {
  description = "Version of Prometheus that the operator configures for; null when its chart decides that."
  value       = local.prometheus_version
}

output "grafana_service" {
  description = "Service of Grafana, port 80; null when none is installed."
  value       = var.profile == "upstream" && var.grafana ? "${local.release_name}-grafana" : null
}

output "service_account" {
  description = "Service account of Prometheus; null when it was there before."
  value       = { bundled = "prometheus", upstream = "${local.upstream_name}-prometheus", existing = null }[var.profile]
}

output "port_name" {
  description = "Name of the container port of Prometheus' page; null when it was there before."
  value       = { bundled = "web", upstream = "http-web", existing = null }[var.profile]
}

output "operator_name" {
  description = "Label app.kubernetes.io/name of the operator's pods; null when it was there before."
  value       = { bundled = "prometheus-operator", upstream = "kube-prometheus-stack-prometheus-operator", existing = null }[var.profile]
}
