# What reaches the config map and the chart. No cluster is needed: both providers are mocks.

mock_provider "helm" {}
mock_provider "kubernetes" {}

variables {
  namespace      = "monitoring"
  image          = "registry.example.org/adapter:v1.2.3"
  prometheus_url = "http://prometheus.monitoring.svc:9090"
}

run "defaults" {
  command = plan

  assert {
    condition     = kubernetes_config_map.rules[0].data["config.yaml"] == "rules: []\n"
    error_message = "The adapter must start on an empty list of rules."
  }

  assert {
    condition = yamldecode(helm_release.this[0].values[0]) == {
      program               = "adapter"
      image                 = "registry.example.org/adapter:v1.2.3"
      replicas              = 1
      prometheusURL         = "http://prometheus.monitoring.svc:9090"
      config                = { configMap = "adapter-config", key = "config.yaml" }
      metricsRelistInterval = "5s"
      metricsMaxAge         = "60s"
      clientQPS             = 50
      prometheusVerb        = "GET"
      resources             = { limits = { memory = "256Mi" } }
      externalMetrics       = false
      readinessDelaySeconds = 4
      networkPolicy         = { enabled = false, podCIDR = "10.244.0.0/16", apiServer = { cidrs = ["0.0.0.0/0"], port = 6443 } }
    }
    error_message = "The chart must get the variables' values."
  }

  assert {
    condition     = output.deployment == "prometheus-adapter" && output.config_map == "adapter-config" && output.config_key == "config.yaml" && output.namespace == "monitoring"
    error_message = "The outputs must name what a rule needs."
  }
}

run "rules_live_where_the_adapter_reads_them" {
  command = plan

  variables {
    name       = "second-adapter"
    config_map = "second-rules"
  }

  assert {
    condition     = kubernetes_config_map.rules[0].metadata[0].name == yamldecode(helm_release.this[0].values[0]).config.configMap
    error_message = "The adapter must read the config map that the module creates."
  }

  assert {
    condition     = output.config_map == "second-rules" && output.deployment == "second-adapter"
    error_message = "The outputs must follow the names."
  }
}

run "prometheus_adapter_of_a_large_cluster" {
  command = plan

  variables {
    program                = "prometheus-adapter"
    image                  = "registry.k8s.io/prometheus-adapter/prometheus-adapter:v1.2.3"
    prometheus_verb        = "POST"
    memory_limit_mebibytes = 1024
  }

  assert {
    condition     = yamldecode(helm_release.this[0].values[0]).program == "prometheus-adapter" && yamldecode(helm_release.this[0].values[0]).prometheusVerb == "POST" && yamldecode(helm_release.this[0].values[0]).resources.limits.memory == "1024Mi"
    error_message = "The chart must get the program and the settings of a large cluster."
  }
}

run "a_pair_of_prometheus" {
  command = plan

  variables {
    prometheus_url = "http://a:9090,http://b:9090"
  }

  assert {
    condition     = yamldecode(helm_release.this[0].values[0]).prometheusURL == "http://a:9090,http://b:9090"
    error_message = "The chart must get both servers."
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
    condition = yamldecode(helm_release.this[0].values[0]).networkPolicy == {
      enabled   = true
      podCIDR   = "10.1.0.0/16"
      apiServer = { cidrs = ["10.2.0.0/16"], port = 443 }
    }
    error_message = "The policies must know where pods and the API server are."
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
    condition = { for key, value in yamldecode(helm_release.this[0].values[0]) : key => value if contains(["replicas", "affinity", "topologySpreadConstraints", "tolerations", "priorityClassName", "service"], key) } == {
      replicas                  = 2
      affinity                  = jsondecode(jsonencode(module.placement.affinity))
      topologySpreadConstraints = jsondecode(jsonencode(module.placement.topology_spread_constraints))
      tolerations               = jsondecode(jsonencode(module.placement.tolerations))
      priorityClassName         = "autoscaling"
    }
    error_message = "The chart must get where the pods prefer to run, and how long they stay on a lost node."
  }
}

run "on_the_control_plane" {
  command = plan

  variables {
    replicas         = 2
    on_control_plane = true
  }

  assert {
    condition = (
      yamldecode(helm_release.this[0].values[0]).service.trafficDistribution == "PreferSameNode" &&
      yamldecode(helm_release.this[0].values[0]).tolerations == [{ key = "node-role.kubernetes.io/control-plane", operator = "Exists", effect = "NoSchedule" }] &&
      yamldecode(helm_release.this[0].values[0]).affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].preference.matchExpressions[0].key == "node-role.kubernetes.io/control-plane" &&
      yamldecode(helm_release.this[0].values[0]).affinity.podAntiAffinity == jsondecode(jsonencode(module.placement.affinity.podAntiAffinity))
    )
    error_message = "A pod must be allowed and preferred on the control plane, the other one elsewhere, and an API server must use the one on its node."
  }
}
