variable "profile" {
  description = "Which NGINX to install. bundled: NGINX Gateway Fabric and the Gateway API from local charts."
  type        = string
  default     = "bundled"
  nullable    = false

  validation {
    condition     = contains(["bundled"], var.profile)
    error_message = "profile is \"${var.profile}\"; the only one so far is \"bundled\". The profile \"upstream\" (NGINX Ingress Controller from its OCI chart) is planned, and main.tf has the place for it."
  }
}

variable "namespace" {
  description = "Namespace to create for NGINX and its Gateway."
  type        = string
  default     = "ingress"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$", var.namespace))
    error_message = "namespace must be a DNS label of at most 63 characters, such as \"ingress\"."
  }
}

variable "gateway_name" {
  description = "Name of the Gateway that routes refer to."
  type        = string
  default     = "nginx"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]([-a-z0-9]{0,51}[a-z0-9])?$", var.gateway_name))
    error_message = "gateway_name must be a DNS label of at most 53 characters (Helm's limit for a release), such as \"nginx\"."
  }
}

variable "crds_chart" {
  description = "Directory of a chart whose templates are the custom resource definitions of the Gateway API and of NGINX Gateway Fabric."
  type        = string
  nullable    = false

  validation {
    condition     = fileexists("${var.crds_chart}/Chart.yaml")
    error_message = "crds_chart must be a chart directory: there is no ${var.crds_chart}/Chart.yaml."
  }
}

variable "controller_chart" {
  description = "Directory of the chart nginx-gateway-fabric."
  type        = string
  nullable    = false

  validation {
    condition     = fileexists("${var.controller_chart}/Chart.yaml")
    error_message = "controller_chart must be a chart directory: there is no ${var.controller_chart}/Chart.yaml."
  }
}

variable "controller_image" {
  description = "Image of NGINX Gateway Fabric's control process, with its tag."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^([^/\\s]+/)*[^/:@\\s]+:[^/:@\\s]+(@sha256:[0-9a-f]{64})?$", var.controller_image))
    error_message = "controller_image must be an image with a tag, such as \"ghcr.io/nginx/nginx-gateway-fabric:1.2.3\"."
  }
}

variable "nginx_image" {
  description = "Image of NGINX as NGINX Gateway Fabric's data plane, with its tag."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^([^/\\s]+/)*[^/:@\\s]+:[^/:@\\s]+(@sha256:[0-9a-f]{64})?$", var.nginx_image))
    error_message = "nginx_image must be an image with a tag, such as \"ghcr.io/nginx/nginx-gateway-fabric/nginx:1.2.3\"."
  }
}

variable "http_node_port" {
  description = "Port on every node that leads to NGINX's plain HTTP listener."
  type        = number
  default     = 30080
  nullable    = false

  validation {
    condition     = var.http_node_port >= 30000 && var.http_node_port <= 32767 && floor(var.http_node_port) == var.http_node_port
    error_message = "http_node_port must be a whole number from 30000 to 32767, Kubernetes' range for node ports; 30080 is a good one."
  }
}
