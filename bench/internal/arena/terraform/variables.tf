variable "app_image" {
  description = "Image of the application, with its tag."
  type        = string
  nullable    = false
}

variable "gateway_name" {
  description = "Gateway of the environment that routes attach to."
  type        = string
  nullable    = false
}

variable "gateway_namespace" {
  description = "Namespace of that Gateway."
  type        = string
  nullable    = false
}

variable "apps" {
  description = "Applications by name, each in a namespace of its own. A rate window of 0 seconds means no autoscaler."
  type = map(object({
    scrape_interval_seconds          = number
    rate_window_seconds              = number
    scale_down_stabilization_seconds = number
  }))
  nullable = false

  validation {
    condition     = alltrue([for name in keys(var.apps) : can(regex("^[a-z][-a-z0-9]{0,40}$", name))])
    error_message = "The names of apps must be at most 41 lower-case letters, digits and dashes, and begin with a letter, such as \"ours-1\"."
  }
}
