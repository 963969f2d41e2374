# The values that reach the charts. No cluster is needed: both providers are mocks.

mock_provider "helm" {}
mock_provider "kubernetes" {}

variables {
  # Any chart will do if only its existence is checked.
  crds_chart            = "./chart"
  operator_image        = "quay.io/prometheus-operator/prometheus-operator:v1.2.3"
  config_reloader_image = "quay.io/prometheus-operator/prometheus-config-reloader:v1.2.3"
  prometheus_image      = "localhost:5000/prometheus/prometheus:v1.2.3"
}

run "defaults" {
  command = plan

  assert {
    condition     = kubernetes_namespace.this[0].metadata[0].labels["pod-security.kubernetes.io/enforce"] == "restricted"
    error_message = "Everything here runs at the restricted level."
  }

  assert {
    condition     = yamldecode(helm_release.stack[0].values[0]).prometheus.version == "1.2.3"
    error_message = "The version must be the image's tag without the leading v."
  }

  assert {
    condition     = yamldecode(helm_release.stack[0].values[0]).prometheus.service.nodePort == null
    error_message = "Prometheus has no password: it stays inside the cluster unless a port is set."
  }

  assert {
    condition     = output.prometheus_url == "http://prometheus.monitoring.svc:9090"
    error_message = "The URL must name the Service that the chart creates."
  }

  assert {
    condition     = output.release_label == yamldecode(helm_release.stack[0].values[0]).prometheus.releaseLabel
    error_message = "A monitor with the label from the output must be selected."
  }
}

run "everything_set" {
  command = plan

  variables {
    namespace                   = "metrics"
    prometheus_image            = "quay.io/prometheus/prometheus:3.5.0-rc.1@sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
    release_label               = "kps"
    scrape_interval_seconds     = 2
    evaluation_interval_seconds = 10
    retention_hours             = 1
    node_port                   = 30090
    extra_values                = ["operator: {resources: {}}"]
  }

  assert {
    condition     = helm_release.stack[0].values[1] == "operator: {resources: {}}" && length(helm_release.stack[0].values) == 2
    error_message = "Extra values must come last, unchanged."
  }

  assert {
    condition = yamldecode(helm_release.stack[0].values[0]).prometheus == {
      version            = "3.5.0"
      releaseLabel       = "kps"
      scrapeInterval     = "2s"
      evaluationInterval = "10s"
      retention          = "1h"
      service            = { nodePort = 30090 }
    }
    error_message = "The chart must get the variables' values."
  }

  assert {
    condition     = output.prometheus_url == "http://prometheus.metrics.svc:9090"
    error_message = "The URL must follow the namespace."
  }
}

run "network_policies" {
  command = plan

  variables {
    network_policies = true
    pod_cidr         = "10.1.0.0/16"
    api_server_cidrs = ["10.2.0.0/16"]
    api_server_port  = 443
  }

  assert {
    condition = yamldecode(helm_release.stack[0].values[0]).networkPolicy == {
      enabled   = true
      podCIDR   = "10.1.0.0/16"
      apiServer = { cidrs = ["10.2.0.0/16"], port = 443 }
    }
    error_message = "The policies must know where pods and the API server are."
  }

  assert {
    condition     = length(kubernetes_network_policy.default_deny) == 1
    error_message = "What no policy allows must be refused."
  }
}

run "two_of_them" {
  command = plan

  variables {
    replicas                       = 2
    ready_after_seconds            = 16
    sample_volumes                 = { worker-c = "/srv", worker-a = "/var/local", worker-b = "/var/samples" }
    priority_class_name            = "autoscaling"
    unreachable_toleration_seconds = 10
  }

  assert {
    condition = { for key, value in yamldecode(helm_release.stack[0].values[0]).prometheus : key => value if contains(["replicas", "readyAfterSeconds", "volumes", "affinity", "topologySpreadConstraints"], key) } == {
      replicas                  = 2
      readyAfterSeconds         = 16
      volumes                   = [{ node = "worker-a", path = "/var/local" }, { node = "worker-b", path = "/var/samples" }]
      affinity                  = jsondecode(jsonencode(module.placement.affinity))
      topologySpreadConstraints = jsondecode(jsonencode(module.placement.topology_spread_constraints))
    }
    error_message = "The chart must get a node and a directory for each replica, and where they prefer to run."
  }

  assert {
    condition     = yamldecode(helm_release.stack[0].values[0]).priorityClassName == "autoscaling" && yamldecode(helm_release.stack[0].values[0]).operator.tolerations == jsondecode(jsonencode(module.placement.tolerations))
    error_message = "The operator must leave a lost node, and both must have the priority class."
  }

  assert {
    condition     = output.prometheus_urls == ["http://prometheus-0.monitoring.svc:9090", "http://prometheus-1.monitoring.svc:9090"]
    error_message = "Each must have a Service of its own: the common one leads to any of them."
  }

  assert {
    condition     = output.prometheus_url == "http://prometheus.monitoring.svc:9090"
    error_message = "The common Service must stay, for clients that query one."
  }
}

run "samples_of_one" {
  command = plan

  variables {
    sample_volumes = { worker-a = "/var/local" }
  }

  assert {
    condition     = yamldecode(helm_release.stack[0].values[0]).prometheus.volumes == [{ node = "worker-a", path = "/var/local" }] && !can(yamldecode(helm_release.stack[0].values[0]).prometheus.replicas)
    error_message = "A single Prometheus may have a volume too."
  }

  assert {
    condition     = output.prometheus_urls == [output.prometheus_url]
    error_message = "A single Prometheus is queried through its Service."
  }
}
