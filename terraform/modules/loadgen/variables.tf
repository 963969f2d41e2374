# The pods

variable "name" {
  description = "Name of the Helm release. Its Jobs are called <name>-1, <name>-2 and so on, one for each change."
  type        = string
  default     = "load"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]([-a-z0-9]{0,43}[a-z0-9])?$", var.name))
    error_message = "name must start with a letter and be a DNS label of at most 45 characters, such as \"load\": names of Jobs and pods are made from it."
  }
}

variable "namespace" {
  description = "Namespace that the pods run in. It must exist."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$", var.namespace))
    error_message = "namespace must be a DNS label of at most 63 characters, such as \"app\"."
  }
}

variable "image" {
  description = "Image of loadgen, with its tag; a digest may follow."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^([^/\\s]+/)*[^/:@\\s]+:[^/:@\\s]+(@sha256:[0-9a-f]{64})?$", var.image))
    error_message = "image must be an image with a tag, such as \"localhost/loadgen:1.2.3\"."
  }
}

variable "pods" {
  description = "Number of pods that share the load."
  type        = number
  default     = 2
  nullable    = false

  validation {
    condition     = var.pods >= 1 && var.pods <= 100 && floor(var.pods) == var.pods
    error_message = "pods must be a whole number from 1 to 100, such as 2."
  }
}

# The load

variable "target" {
  description = "URL that requests are sent to, as a pod sees it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^https?://([^\\s/?#@:\\[\\]]+|\\[[^\\s/?#@\\[\\]]+\\])(:[0-9]+)?(/\\S*)?$", var.target))
    error_message = "target must be an http or https URL without credentials, such as \"http://nginx-gateway-fabric.ingress.svc/heavywork\"."
  }
}

variable "profile" {
  description = "Load of all pods together, in the format of loadgen's --profile; at most half an hour."
  type        = string
  default     = "decay:arrival_rate=20,decay_rate=0.02,duration=500"
  nullable    = false

  validation {
    condition     = can(regex("^\\s*(scale=[0-9.eE+-]+\\s*;\\s*)?(${join("|", local.profiles)})\\s*:", var.profile)) && !strcontains(var.profile, "file=")
    error_message = "profile must name what loadgen knows (${join(", ", local.profiles)}), such as \"constant:rate=200,duration=60\": see loadgen plan --profile. A pod has no files to read a trace from: give points=."
  }
}

variable "seed" {
  description = "Seed that makes a run repeatable. Each pod derives its own from it."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.seed >= 0 && var.seed <= 9007199254740991 && floor(var.seed) == var.seed
    error_message = "seed must be a whole number from 0 to 9007199254740991, such as 1."
  }
}

variable "run" {
  description = "Any text. A changed text repeats the same load."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = length(var.run) <= 256
    error_message = "run must have at most 256 characters, such as \"second\"."
  }
}

# Limits

variable "max_in_flight" {
  description = "Maximum number of requests that a pod has in flight; requests due beyond that are dropped and counted."
  type        = number
  default     = 4096
  nullable    = false

  validation {
    condition     = var.max_in_flight >= 1 && var.max_in_flight <= 65535 && floor(var.max_in_flight) == var.max_in_flight
    error_message = "max_in_flight must be a whole number from 1 to 65535, such as 4096."
  }
}

variable "request_timeout_seconds" {
  description = "Timeout of a request, in seconds."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.request_timeout_seconds >= 1 && var.request_timeout_seconds <= 3600 && floor(var.request_timeout_seconds) == var.request_timeout_seconds
    error_message = "request_timeout_seconds must be a whole number from 1 to 3600, such as 30."
  }
}

variable "meet_timeout_seconds" {
  description = "Seconds the pods wait for each other before the first request."
  type        = number
  default     = 120
  nullable    = false

  validation {
    condition     = var.meet_timeout_seconds >= 1 && var.meet_timeout_seconds <= 3600 && floor(var.meet_timeout_seconds) == var.meet_timeout_seconds
    error_message = "meet_timeout_seconds must be a whole number from 1 to 3600, such as 120."
  }
}

variable "network_policies" {
  description = "Allow the pods only to connect to each other, to resolve names and to send to the target. Requires a network plugin that enforces policies; others ignore them."
  type        = bool
  default     = false
  nullable    = false
}

variable "target_namespace" {
  description = "Namespace of the pods behind the target, when network policies are on."
  type        = string
  default     = "ingress"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$", var.target_namespace))
    error_message = "target_namespace must be a DNS label of at most 63 characters, such as \"ingress\"."
  }
}

variable "target_port" {
  description = "Port on which those pods listen, which may differ from their Service's port."
  type        = number
  default     = 80
  nullable    = false

  validation {
    condition     = var.target_port >= 1 && var.target_port <= 65535 && floor(var.target_port) == var.target_port
    error_message = "target_port must be a whole number from 1 to 65535, such as 80."
  }
}
