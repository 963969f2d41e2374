variable "chart" {
  description = "Directory of a chart; with a default also the name of a chart in its repository, and then a directory begins with / or a dot. Null means the default, or no chart."
  type        = string
  default     = null
}

variable "chart_repository" {
  description = "Repository of a chart that is a name. Null means the default's."
  type        = string
  default     = null
}

variable "chart_version" {
  description = "Version of a chart that is a name. Null means the default's."
  type        = string
  default     = null
}

variable "default" {
  description = "Chart in a repository, used if chart is null. Null: the chart is a directory."
  type = object({
    repository = string
    name       = string
    version    = string
  })
  default = null
}
