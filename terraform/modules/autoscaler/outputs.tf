output "namespace" {
  description = "Namespace of the autoscaler and its Deployment."
  value       = helm_release.hpa.namespace
}

output "hpa" {
  description = "Name of the HorizontalPodAutoscaler."
  value       = var.deployment

  # Otherwise a reader of the name could look for the autoscaler before it exists.
  depends_on = [helm_release.hpa]
}

output "metric" {
  description = "Metric it scales on, as custom.metrics.k8s.io serves it; null without a counter."
  value       = var.metric

  # As for hpa: the name is useful only once the metric is served.
  depends_on = [promadapter_rule.this]
}

output "metric_path" {
  description = "Path of the metric in the Kubernetes API, for kubectl get --raw: one value for each pod of the namespace, or one for the Service. Null without a counter."
  value       = var.metric == null ? null : "/apis/custom.metrics.k8s.io/v1beta1/namespaces/${var.namespace}/${local.by_service ? "services/${local.service}" : "pods/*"}/${var.metric}"

  # As for metric.
  depends_on = [promadapter_rule.this]
}

output "target_average_value" {
  description = "Target per pod as a Kubernetes quantity; null without a counter."
  value       = local.target
}

output "min_replicas" {
  description = "Minimum number of pods."
  value       = var.min_replicas
}

output "max_replicas" {
  description = "Maximum number of pods."
  value       = var.max_replicas
}

output "scale_up_policies" {
  description = "How many pods may be added within a period."
  value       = var.scale_up_policies
}
