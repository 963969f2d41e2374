# What the profiles upstream and existing do with the variables. No cluster is needed: both providers are mocks.
# Whether the chart understands the values is tested with a copy of it: see terraform/charttest.

mock_provider "helm" {}
mock_provider "kubernetes" {}

variables {
  profile = "upstream"
}

run "kube_prometheus_stack" {
  command = plan

  assert {
    condition = (
      helm_release.upstream[0].repository == "https://prometheus-community.github.io/helm-charts" &&
      helm_release.upstream[0].chart == "kube-prometheus-stack" && can(regex("^\\d+\\.\\d+\\.\\d+$", helm_release.upstream[0].version))
    )
    error_message = "The chart must come from the community's repository at one pinned version."
  }

  assert {
    condition     = helm_release.upstream[0].name == "prometheus" && output.release_label == "prometheus"
    error_message = "The chart selects monitors by the release's name, which must be release_label."
  }

  assert {
    condition     = length(helm_release.crds) == 0 && length(helm_release.stack) == 0
    error_message = "One profile must not install what another one needs."
  }

  assert {
    condition = yamldecode(helm_release.upstream[0].values[0]) == {
      fullnameOverride                   = "kps"
      cleanPrometheusOperatorObjectNames = true
      alertmanager                       = { enabled = false }
      defaultRules                       = { create = false }
      kubernetesServiceMonitors          = { enabled = false }
      nodeExporter                       = { enabled = false }
      kubeStateMetrics                   = { enabled = true }
      kube-state-metrics = {
        collectors = ["deployments", "horizontalpodautoscalers", "pods"]
        prometheus = { monitor = { http = { interval = "5s" } } }
      }
      grafana = { enabled = true, defaultDashboardsEnabled = false }
      prometheusOperator = {
        admissionWebhooks       = { enabled = false }
        tls                     = { enabled = false }
        kubeletService          = { enabled = false }
        kubeletEndpointsEnabled = false
        resources               = { requests = { cpu = "10m", memory = "48Mi" }, limits = { memory = "192Mi" } }
      }
      prometheus = {
        service = { reloaderWebPort = 0 }
        prometheusSpec = {
          scrapeInterval       = "30s"
          evaluationInterval   = "30s"
          retention            = "6h"
          serviceDiscoveryRole = "EndpointSlice"
          resources            = { requests = { cpu = "50m", memory = "128Mi" }, limits = { memory = "1Gi" } }
        }
      }
    }
    error_message = "The chart must get the variables' values, and use its own images."
  }

  assert {
    condition     = output.prometheus_url == "http://kps-prometheus.monitoring.svc:9090" && output.prometheus_name == "kps" && output.grafana_service == "prometheus-grafana"
    error_message = "The outputs must name what the chart creates."
  }

  assert {
    condition = (
      kubernetes_config_map.dashboard[0].metadata[0].labels["grafana_dashboard"] == "1" &&
      jsondecode(kubernetes_config_map.dashboard[0].data["autoscaling.json"]).uid == "autoscaling"
    )
    error_message = "The dashboard must be where Grafana's sidecar finds it."
  }
}

run "everything_set" {
  command = plan

  variables {
    namespace                   = "metrics"
    create_namespace            = false
    crds_chart                  = "./chart"
    release_label               = "stack"
    operator_image              = "localhost:5000/prometheus-operator/prometheus-operator:v1.2.3"
    config_reloader_image       = "quay.io/prometheus-operator/prometheus-config-reloader:v1.2.3"
    prometheus_image            = "quay.io/prometheus/prometheus:v3.4.5@sha256:dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
    scrape_interval_seconds     = 2
    evaluation_interval_seconds = 10
    retention_hours             = 24
    node_port                   = 30090
    grafana_node_port           = 30030
    alertmanager                = true
    kube_state_metrics          = false
    chart_version               = "99.1.2"
    chart_repository            = "oci://registry.example.org/charts"
    extra_values                = ["nodeExporter: {enabled: true}"]
  }

  assert {
    condition = (
      helm_release.upstream[0].name == "stack" && helm_release.upstream[0].namespace == "metrics" && helm_release.upstream[0].version == "99.1.2" &&
      helm_release.upstream[0].repository == "oci://registry.example.org/charts" && helm_release.crds[0].chart == "./chart"
    )
    error_message = "The release must follow the variables."
  }

  assert {
    condition     = helm_release.upstream[0].values[1] == "nodeExporter: {enabled: true}" && length(helm_release.upstream[0].values) == 2
    error_message = "Extra values must come last, unchanged."
  }

  assert {
    condition = (
      helm_release.upstream[0].skip_crds &&
      yamldecode(helm_release.upstream[0].values[0]).alertmanager.enabled &&
      !yamldecode(helm_release.upstream[0].values[0]).kubeStateMetrics.enabled &&
      yamldecode(helm_release.upstream[0].values[0]).grafana.service == { type = "NodePort", nodePort = 30030 }
    )
    error_message = "What is enabled and disabled must reach the chart."
  }

  assert {
    condition = (
      yamldecode(helm_release.upstream[0].values[0]).prometheusOperator.image == { registry = "localhost:5000", repository = "prometheus-operator/prometheus-operator", tag = "v1.2.3" } &&
      yamldecode(helm_release.upstream[0].values[0]).prometheusOperator.prometheusConfigReloader.image == { registry = "quay.io", repository = "prometheus-operator/prometheus-config-reloader", tag = "v1.2.3" } &&
      yamldecode(helm_release.upstream[0].values[0]).prometheus.prometheusSpec.image == { registry = "quay.io", repository = "prometheus/prometheus", tag = "v3.4.5", sha = "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd" }
    )
    error_message = "The images must reach the chart in its parts."
  }

  assert {
    condition = (
      yamldecode(helm_release.upstream[0].values[0]).prometheus.service == { reloaderWebPort = 0, type = "NodePort", nodePort = 30090 } &&
      yamldecode(helm_release.upstream[0].values[0]).prometheus.prometheusSpec.scrapeInterval == "2s" &&
      yamldecode(helm_release.upstream[0].values[0]).prometheus.prometheusSpec.evaluationInterval == "10s" &&
      yamldecode(helm_release.upstream[0].values[0]).prometheus.prometheusSpec.retention == "24h"
    )
    error_message = "Prometheus' settings must reach the chart."
  }
}

run "without_grafana_no_dashboard" {
  command = plan

  variables {
    grafana = false
  }

  assert {
    condition     = length(kubernetes_config_map.dashboard) == 0 && output.grafana_service == null && !yamldecode(helm_release.upstream[0].values[0]).grafana.enabled
    error_message = "Without Grafana there must be no dashboard."
  }
}

run "existing_prometheus" {
  command = plan

  variables {
    profile            = "existing"
    namespace          = "observability"
    prometheus_service = "kube-prometheus-stack-prometheus"
    prometheus_port    = 8080
    release_label      = "kube-prometheus-stack"
    dashboard          = true
  }

  assert {
    condition     = length(kubernetes_namespace.this) + length(helm_release.crds) + length(helm_release.stack) + length(helm_release.upstream) == 0
    error_message = "Nothing may be installed."
  }

  assert {
    condition = (
      output.namespace == "observability" && output.release_label == "kube-prometheus-stack" && output.prometheus_name == null && output.grafana_service == null &&
      output.prometheus_url == "http://kube-prometheus-stack-prometheus.observability.svc:8080"
    )
    error_message = "The outputs must pass on what exists."
  }

  assert {
    condition     = kubernetes_config_map.dashboard[0].metadata[0].namespace == "observability"
    error_message = "The dashboard may be added to an existing Grafana."
  }
}

run "policies_are_the_bundled_charts" {
  command = plan

  variables {
    network_policies = true
  }

  assert {
    condition     = length(kubernetes_network_policy.default_deny) == 0
    error_message = "Pods of a chart without policies must not be cut off."
  }
}

run "two_of_them" {
  command = plan

  variables {
    replicas                       = 2
    ready_after_seconds            = 16
    storage_class                  = "standard"
    storage_gibibytes              = 20
    priority_class_name            = "autoscaling"
    unreachable_toleration_seconds = 10
  }

  assert {
    condition = { for key, value in yamldecode(helm_release.upstream[0].values[0]).prometheus.prometheusSpec : key => value if contains(["replicas", "topologySpreadConstraints", "priorityClassName", "containers", "storageSpec"], key) } == {
      replicas                  = 2
      topologySpreadConstraints = jsondecode(jsonencode(module.placement.topology_spread_constraints))
      priorityClassName         = "autoscaling"
      containers                = [{ name = "prometheus", readinessProbe = { periodSeconds = 1, failureThreshold = 15, successThreshold = 16 } }]
      storageSpec = { volumeClaimTemplate = { spec = {
        storageClassName = "standard", accessModes = ["ReadWriteOnce"], resources = { requests = { storage = "20Gi" } }
      } } }
    }
    error_message = "The chart must get the variables' values."
  }

  assert {
    condition = (
      yamldecode(helm_release.upstream[0].values[0]).prometheus.podDisruptionBudget == { enabled = true, minAvailable = 1 } &&
      yamldecode(helm_release.upstream[0].values[0]).prometheus.servicePerReplica == { enabled = true } &&
      yamldecode(helm_release.upstream[0].values[0]).prometheus.service.sessionAffinity == "ClientIP" &&
      yamldecode(helm_release.upstream[0].values[0]).prometheusOperator.priorityClassName == "autoscaling" &&
      yamldecode(helm_release.upstream[0].values[0]).prometheusOperator.tolerations == jsondecode(jsonencode(module.placement.tolerations))
    )
    error_message = "A drain may evict only one pod at a time, a client must stay with one, and the operator must leave a lost node."
  }

  assert {
    condition     = output.prometheus_urls == ["http://kps-prometheus-0.monitoring.svc:9090", "http://kps-prometheus-1.monitoring.svc:9090"]
    error_message = "Each must have a Service of its own."
  }
}

run "replicas_of_a_prometheus_that_is_there" {
  command = plan

  variables {
    profile            = "existing"
    prometheus_service = "prometheus-operated"
    replicas           = 2
  }

  assert {
    condition     = output.prometheus_urls == ["http://prometheus-operated.monitoring.svc:9090"]
    error_message = "The number of replicas of an existing Prometheus is not known here."
  }
}
