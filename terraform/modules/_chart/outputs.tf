output "chart" {
  description = "Directory of the chart, or its name in the repository."
  value       = local.chart
}

output "repository" {
  description = "Repository of the chart; null for a directory."
  value       = local.on_disk || var.default == null ? null : var.chart_repository != null ? var.chart_repository : var.default.repository
}

output "version" {
  description = "Version of the chart; null for a directory."
  value       = local.on_disk || var.default == null ? null : var.chart_version != null ? var.chart_version : var.default.version
}

# helm_release compares only the path of a directory, not its content: with the digest, a changed chart
# changes the release.
output "description" {
  description = "Description for the release, with a digest of the directory's content; null for a chart in a repository."
  value       = local.on_disk ? "chart content ${substr(sha256(join("\n", [for f in fileset(local.chart, "**") : "${f} ${filesha256("${local.chart}/${f}")}"])), 0, 12)}" : null
}
