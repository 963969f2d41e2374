# The values that reach the chart. No cluster is needed: both providers are mocks.

mock_provider "helm" {}
mock_provider "kubernetes" {}

variables {
  image             = "localhost:5000/heavywork:1.2.3"
  gateway_name      = "nginx"
  gateway_namespace = "ingress"
}

run "defaults" {
  command = plan

  assert {
    condition     = kubernetes_namespace.this.metadata[0].labels["pod-security.kubernetes.io/enforce"] == "restricted"
    error_message = "The application runs at the restricted level."
  }

  assert {
    condition = yamldecode(helm_release.this.values[0]) == {
      fullnameOverride = "heavywork"
      image            = { repository = "localhost:5000/heavywork", tag = "1.2.3", digest = "", pullPolicy = "IfNotPresent" }
      drainSeconds     = 10
      autoscaling      = { enabled = true }
      exposure         = "httpRoute"
      hostnames        = []
      ingress          = { className = "nginx" }
      httpRoute        = { parentRef = { name = "nginx", namespace = "ingress" } }
      serviceMonitor   = { enabled = true, releaseLabel = "prometheus", interval = "1s" }
      networkPolicy    = { enabled = false, ingressNamespace = "ingress", monitoringNamespace = "monitoring" }
    }
    error_message = "The chart must get the variables' values."
  }

  assert {
    condition     = output.namespace == "app" && output.deployment == "heavywork" && output.service == "heavywork" && output.counter == "heavywork_requests_total"
    error_message = "The outputs must name what is installed."
  }
}

run "digest_and_ingress" {
  command = plan

  variables {
    name          = "worker"
    image         = "heavywork:1.2.3@sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
    exposure      = "ingress"
    gateway_name  = null
    ingress_class = "public"
    hostnames     = ["heavywork.example.org"]
    drain_seconds = 15

    proxy_keepalive_seconds = 10
  }

  assert {
    condition     = yamldecode(helm_release.this.values[0]).image.digest == "sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
    error_message = "The digest must reach the chart."
  }

  assert {
    condition     = yamldecode(helm_release.this.values[0]).ingress.className == "public" && yamldecode(helm_release.this.values[0]).hostnames == ["heavywork.example.org"]
    error_message = "The Ingress must get class and host names."
  }

  assert {
    condition     = yamldecode(helm_release.this.values[0]).drainSeconds == 15
    error_message = "The replicas must keep serving for drain_seconds."
  }

  assert {
    condition     = output.deployment == "worker" && yamldecode(helm_release.this.values[0]).fullnameOverride == "worker"
    error_message = "The outputs must name the objects that the chart creates."
  }
}

run "network_policies" {
  command = plan

  variables {
    gateway_name         = "public"
    gateway_namespace    = "edge"
    network_policies     = true
    monitoring_namespace = "metrics"
  }

  assert {
    condition     = yamldecode(helm_release.this.values[0]).networkPolicy == { enabled = true, ingressNamespace = "edge", monitoringNamespace = "metrics" }
    error_message = "Requests come from the Gateway's namespace, scrapes from Prometheus'."
  }

  assert {
    condition     = kubernetes_network_policy.default_deny[0].spec[0].policy_types == tolist(["Ingress", "Egress"])
    error_message = "What no policy allows must be refused, in both directions."
  }
}

run "two_of_them" {
  command = plan

  variables {
    min_replicas                   = 2
    priority_class_name            = "web"
    unreachable_toleration_seconds = 10
  }

  assert {
    condition = { for key, value in yamldecode(helm_release.this.values[0]) : key => value if contains(["podDisruptionBudget", "affinity", "topologySpreadConstraints", "tolerations", "priorityClassName"], key) } == {
      podDisruptionBudget       = { enabled = true }
      affinity                  = jsondecode(jsonencode(module.placement.affinity))
      topologySpreadConstraints = jsondecode(jsonencode(module.placement.topology_spread_constraints))
      tolerations               = jsondecode(jsonencode(module.placement.tolerations))
      priorityClassName         = "web"
    }
    error_message = "The chart must get where the replicas prefer to run, and how long they stay on a lost node."
  }
}
