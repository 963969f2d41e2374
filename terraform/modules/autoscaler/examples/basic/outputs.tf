output "hpa" {
  description = "Name of the HorizontalPodAutoscaler."
  value       = module.autoscaler.hpa
}
