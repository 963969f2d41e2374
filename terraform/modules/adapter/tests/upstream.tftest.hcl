# What the profiles upstream and existing do with the variables. No cluster is needed: both providers are mocks.
# Whether the chart understands the values is tested with a copy of it: see terraform/charttest.

mock_provider "helm" {}
mock_provider "kubernetes" {}

variables {
  profile        = "upstream"
  namespace      = "monitoring"
  prometheus_url = "http://kps-prometheus.monitoring.svc:9090"
}

run "community_chart" {
  command = plan

  assert {
    condition = (
      helm_release.upstream[0].repository == "https://prometheus-community.github.io/helm-charts" &&
      helm_release.upstream[0].chart == "prometheus-adapter" && can(regex("^\\d+\\.\\d+\\.\\d+$", helm_release.upstream[0].version))
    )
    error_message = "The chart must come from the community's repository at one pinned version."
  }

  assert {
    condition     = length(helm_release.this) == 0 && kubernetes_config_map.rules[0].data["config.yaml"] == "rules: []\n"
    error_message = "The rules' config map must exist, and no second adapter."
  }

  assert {
    condition = yamldecode(helm_release.upstream[0].values[0]) == {
      fullnameOverride      = "prometheus-adapter"
      replicas              = 1
      prometheus            = { url = "http://kps-prometheus.monitoring.svc:9090", port = 0 }
      rules                 = { existing = "adapter-config" }
      metricsRelistInterval = "5s"
      extraArguments        = ["--metrics-max-age=60s", "--client-qps=50", "--client-burst=100", "--prometheus-verb=GET"]
      logLevel              = 2
      readinessProbe        = { initialDelaySeconds = 4, periodSeconds = 1 }
      livenessProbe         = { initialDelaySeconds = 10 }
      strategy              = { rollingUpdate = { maxUnavailable = 0, maxSurge = 1 } }
      certManager           = { enabled = false }
      resources             = { requests = { cpu = "20m", memory = "48Mi" }, limits = { memory = "256Mi" } }
    }
    error_message = "The chart must get the variables' values, and use its own image."
  }

  assert {
    condition     = output.deployment == "prometheus-adapter" && output.config_map == "adapter-config" && output.config_key == "config.yaml" && output.namespace == "monitoring"
    error_message = "The outputs must name what a rule needs."
  }
}

run "everything_set" {
  command = plan

  variables {
    name                            = "metrics-adapter"
    image                           = "localhost:5000/prometheus-adapter/prometheus-adapter:v1.2.3"
    config_map                      = "rules"
    replicas                        = 2
    metrics_relist_interval_seconds = 10
    metrics_max_age_seconds         = 90
    client_qps                      = 5
    prometheus_verb                 = "POST"
    memory_limit_mebibytes          = 512
    external_metrics                = true
    cert_manager                    = true
    chart                           = "adapter"
    chart_repository                = "oci://registry.example.org/charts"
    chart_version                   = "9.8.7"
    extra_values                    = ["logLevel: 6"]
  }

  assert {
    condition = (
      helm_release.upstream[0].name == "metrics-adapter" && helm_release.upstream[0].chart == "adapter" &&
      helm_release.upstream[0].repository == "oci://registry.example.org/charts" && helm_release.upstream[0].version == "9.8.7"
    )
    error_message = "The release must follow the variables."
  }

  assert {
    condition     = helm_release.upstream[0].values[1] == "logLevel: 6" && length(helm_release.upstream[0].values) == 2
    error_message = "Extra values must come last, unchanged."
  }

  assert {
    condition = (
      yamldecode(helm_release.upstream[0].values[0]).image == { repository = "localhost:5000/prometheus-adapter/prometheus-adapter", tag = "v1.2.3" } &&
      yamldecode(helm_release.upstream[0].values[0]).extraArguments == ["--metrics-max-age=90s", "--client-qps=5", "--client-burst=10", "--prometheus-verb=POST"] &&
      yamldecode(helm_release.upstream[0].values[0]).resources.limits.memory == "512Mi" &&
      yamldecode(helm_release.upstream[0].values[0]).metricsRelistInterval == "10s" &&
      yamldecode(helm_release.upstream[0].values[0]).replicas == 2 &&
      yamldecode(helm_release.upstream[0].values[0]).certManager.enabled
    )
    error_message = "The settings must reach the chart."
  }

  assert {
    condition = (
      yamldecode(helm_release.upstream[0].values[0]).rules.existing == "rules" &&
      length(yamldecode(helm_release.upstream[0].values[0]).rules.external) == 1 &&
      kubernetes_config_map.rules[0].metadata[0].name == "rules"
    )
    error_message = "The external metrics API must be claimed, with the rules still in the provider's config map."
  }
}

run "existing_adapter" {
  command = plan

  variables {
    profile        = "existing"
    name           = "custom-metrics"
    namespace      = "kube-system"
    config_map     = "custom-metrics-rules"
    config_key     = "rules.yaml"
    prometheus_url = null
  }

  assert {
    condition     = length(kubernetes_config_map.rules) + length(helm_release.this) + length(helm_release.upstream) == 0
    error_message = "Nothing may be installed, and no config map written."
  }

  assert {
    condition     = output.namespace == "kube-system" && output.deployment == "custom-metrics" && output.config_map == "custom-metrics-rules" && output.config_key == "rules.yaml"
    error_message = "The outputs must pass on what exists."
  }
}

run "two_of_them" {
  command = plan

  variables {
    replicas                       = 2
    priority_class_name            = "autoscaling"
    unreachable_toleration_seconds = 10
  }

  assert {
    condition = { for key, value in yamldecode(helm_release.upstream[0].values[0]) : key => value if contains(["replicas", "affinity", "topologySpreadConstraints", "tolerations", "priorityClassName", "podDisruptionBudget"], key) } == {
      replicas                  = 2
      affinity                  = jsondecode(jsonencode(module.placement.affinity))
      topologySpreadConstraints = jsondecode(jsonencode(module.placement.topology_spread_constraints))
      tolerations               = jsondecode(jsonencode(module.placement.tolerations))
      priorityClassName         = "autoscaling"
      podDisruptionBudget       = { enabled = true, maxUnavailable = 1, unhealthyPodEvictionPolicy = "AlwaysAllow" }
    }
    error_message = "The chart must get where the pods prefer to run, and how long they stay on a lost node."
  }
}
