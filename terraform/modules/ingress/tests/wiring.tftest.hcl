# The values that reach the charts of the profile bundled. No cluster is needed: both providers are mocks.

mock_provider "helm" {}
mock_provider "kubernetes" {}

variables {
  # Any chart will do if only its existence is checked.
  crds_chart       = "./chart"
  controller_chart = "./chart"
  controller_image = "localhost:5000/nginx/nginx-gateway-fabric:1.2.3"
  nginx_image      = "ghcr.io/nginx/nginx-gateway-fabric/nginx:1.2.3@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
}

run "bundled_profile" {
  command = plan

  assert {
    condition     = kubernetes_namespace.this[0].metadata[0].labels["pod-security.kubernetes.io/enforce"] == "baseline"
    error_message = "NGINX Gateway Fabric needs the capability KILL, which the restricted level forbids."
  }

  assert {
    condition = yamldecode(helm_release.controller[0].values[0]).nginxGateway.image == {
      repository = "localhost:5000/nginx/nginx-gateway-fabric"
      tag        = "1.2.3"
      pullPolicy = "IfNotPresent"
    }
    error_message = "The port of a registry must not be taken for a tag."
  }

  assert {
    condition     = yamldecode(helm_release.controller[0].values[0]).nginx.image.tag == "1.2.3@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    error_message = "A digest must reach the chart together with the tag."
  }

  assert {
    condition     = yamldecode(helm_release.controller[0].values[0]).nginxGateway.snippetsFilters.enable
    error_message = "Without filters NGINX does not get the connection settings."
  }

  assert {
    condition     = !yamldecode(helm_release.controller[0].values[0]).nginxGateway.productTelemetry.enable
    error_message = "Telemetry must be disabled."
  }

  assert {
    condition     = yamldecode(helm_release.controller[0].values[0]).service.ports[0].nodePort == 30080
    error_message = "The default node port is 30080."
  }

  assert {
    condition = (
      yamldecode(helm_release.gateway[0].values[0]).className ==
      yamldecode(helm_release.controller[0].values[0]).nginxGateway.gatewayClassName
    )
    error_message = "The Gateway must be of the class that the controller serves."
  }

  assert {
    condition = (
      yamldecode(helm_release.gateway[0].values[0]).connections == { keepaliveMinTimeoutSeconds = 5, connectTimeoutSeconds = 2 } &&
      output.keepalive_min_timeout_seconds == 5
    )
    error_message = "NGINX and the pods behind it need the same keepalive_min_timeout_seconds."
  }

  assert {
    condition = (
      yamldecode(helm_release.controller[0].values[0]).nginx.lifecycle == { preStop = { sleep = { seconds = 10 } } } &&
      yamldecode(helm_release.controller[0].values[0]).nginxGateway.lifecycle == { preStop = { sleep = { seconds = 10 } } }
    )
    error_message = "NGINX and its control process must both keep running for drain_seconds."
  }

  assert {
    condition     = yamldecode(helm_release.controller[0].values[0]).terminationGracePeriodSeconds == 10 + 5 + 15 + 5
    error_message = "The grace period is the drain, the connections in use, the longest request, and a margin."
  }

  assert {
    condition     = output.gateway_name == "nginx" && output.gateway_namespace == "ingress" && output.service == "nginx-gateway-fabric"
    error_message = "The outputs must name what the profile installed."
  }
}

run "own_names_and_port" {
  command = plan

  variables {
    namespace      = "edge"
    gateway_name   = "public"
    http_node_port = 31080
  }

  assert {
    condition     = output.gateway_name == "public" && output.gateway_namespace == "edge"
    error_message = "The outputs must follow gateway_name and namespace."
  }

  assert {
    condition     = yamldecode(helm_release.controller[0].values[0]).service.ports[0].nodePort == 31080
    error_message = "The Service must be published on http_node_port."
  }
}

run "class_of_a_name_of_its_own" {
  command = plan

  variables {
    class = "edge"
  }

  assert {
    condition     = output.class == "edge" && yamldecode(helm_release.controller[0].values[0]).nginxGateway.gatewayClassName == "edge"
    error_message = "The class must follow the variable."
  }
}

run "namespace_that_is_there" {
  command = plan

  variables {
    create_namespace = false
    namespace        = "edge"
  }

  assert {
    condition     = length(kubernetes_namespace.this) == 0 && helm_release.controller[0].namespace == "edge"
    error_message = "An existing namespace must be used and not created."
  }
}

run "network_policies" {
  command = plan

  variables {
    network_policies     = true
    backend_ports        = [8000]
    pod_cidr             = "10.2.0.0/16"
    monitoring_namespace = "metrics"
    api_server_cidrs     = ["10.1.0.0/16"]
    api_server_port      = 443
  }

  assert {
    condition = yamldecode(helm_release.gateway[0].values[0]).networkPolicy == {
      enabled             = true
      controller          = helm_release.controller[0].name
      backendPorts        = [8000]
      podCIDR             = "10.2.0.0/16"
      monitoringNamespace = "metrics"
      apiServer           = { cidrs = ["10.1.0.0/16"], port = 443 }
    }
    error_message = "The policy must select the pods of the controller's release, and follow the variables."
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
    unreachable_toleration_seconds = 10
  }

  assert {
    condition = (
      yamldecode(helm_release.controller[0].values[0]).nginxGateway.replicaCount == 2 &&
      yamldecode(helm_release.controller[0].values[0]).affinity == jsondecode(jsonencode(module.placement.affinity)) &&
      yamldecode(helm_release.controller[0].values[0]).topologySpreadConstraints == jsondecode(jsonencode(module.placement.topology_spread_constraints)) &&
      yamldecode(helm_release.controller[0].values[0]).tolerations == jsondecode(jsonencode(module.placement.tolerations))
    )
    error_message = "The chart must get where the pods prefer to run, and how long they stay on a lost node."
  }

  assert {
    condition     = yamldecode(helm_release.gateway[0].values[0]).disruptionBudget == { controller = helm_release.controller[0].name }
    error_message = "A drain may evict only one pod at a time."
  }
}
