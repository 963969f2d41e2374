# What the upstream profiles do with the variables. No cluster is needed: both providers are mocks. Whether the
# charts understand the values is tested with copies of them: see terraform/charttest.

mock_provider "helm" {}
mock_provider "kubernetes" {}

variables {
  profile = "upstream"
}

run "ingress_controller" {
  command = plan

  assert {
    condition = (
      helm_release.upstream[0].repository == "oci://ghcr.io/nginx/charts" &&
      helm_release.upstream[0].chart == "nginx-ingress" &&
      can(regex("^\\d+\\.\\d+\\.\\d+$", helm_release.upstream[0].version))
    )
    error_message = "The chart must come from NGINX's registry at one pinned version."
  }

  assert {
    condition     = length(helm_release.controller) == 0 && length(helm_release.gateway) == 0 && length(helm_release.crds) == 0 && length(helm_release.upstream_gateway) == 0
    error_message = "One profile must not install what another one needs."
  }

  assert {
    condition = yamldecode(helm_release.upstream[0].values[0]) == {
      controller = {
        allowEmptyIngressHost  = true
        enableLatencyMetrics   = true
        readOnlyRootFilesystem = true
        ingressClass           = { name = "nginx" }
        telemetryReporting     = { enable = false }
        resources              = { requests = { cpu = "20m", memory = "64Mi" }, limits = { memory = "256Mi" } }
        config = { entries = {
          http-snippets         = "keepalive_min_timeout 5s;"
          keepalive-timeout     = "75s 4s"
          proxy-connect-timeout = "2s"
          ssl-redirect          = "false"
        } }
        lifecycle                     = { preStop = { sleep = { seconds = 10 } } }
        terminationGracePeriodSeconds = 35
        service = {
          type                  = "NodePort"
          externalTrafficPolicy = "Cluster"
          httpPort              = { nodePort = 30080 }
          httpsPort             = { enable = false }
        }
      }
      prometheus = {}
    }
    error_message = "The chart must get the variables' values, and use its own image."
  }

  assert {
    condition     = kubernetes_namespace.this[0].metadata[0].labels["pod-security.kubernetes.io/enforce"] == "restricted"
    error_message = "NGINX Ingress Controller runs at the restricted level."
  }

  assert {
    condition = (
      output.exposure == "ingress" && output.class == "nginx" && output.gateway_name == null && output.gateway_namespace == null &&
      output.deployment == "nginx-ingress-controller" && output.container == "nginx-ingress" && output.service == "nginx-ingress-controller" &&
      output.http_node_port == 30080
    )
    error_message = "The outputs must name what the chart creates."
  }
}

run "ingress_controller_with_everything_set" {
  command = plan

  variables {
    namespace                = "edge"
    create_namespace         = false
    class                    = "public"
    controller_image         = "registry.example.org:5000/nginx/nginx-ingress:1.2.3"
    chart_repository         = "https://charts.example.org"
    chart                    = "nginx-ingress-mirror"
    chart_version            = "9.8.7"
    service_type             = "LoadBalancer"
    monitor_release_label    = "kps"
    monitor_interval_seconds = 2
    extra_values             = ["controller: {replicaCount: 2}"]

    keepalive_min_timeout_seconds = 20
    connect_timeout_seconds       = 1
    drain_seconds                 = 30
    longest_request_seconds       = 60
  }

  assert {
    condition = (
      helm_release.upstream[0].repository == "https://charts.example.org" && helm_release.upstream[0].chart == "nginx-ingress-mirror" &&
      helm_release.upstream[0].version == "9.8.7" && helm_release.upstream[0].namespace == "edge"
    )
    error_message = "The release must follow the variables."
  }

  assert {
    condition     = helm_release.upstream[0].values[1] == "controller: {replicaCount: 2}" && length(helm_release.upstream[0].values) == 2
    error_message = "Extra values must come last, unchanged."
  }

  assert {
    condition     = yamldecode(helm_release.upstream[0].values[0]).controller.service == { type = "LoadBalancer", httpsPort = { enable = false } }
    error_message = "Behind a load balancer the chart's own policy applies, and no node port is requested."
  }

  assert {
    condition = (
      yamldecode(helm_release.upstream[0].values[0]).controller.config.entries == {
        http-snippets = "keepalive_min_timeout 20s;", keepalive-timeout = "75s 19s", proxy-connect-timeout = "1s", ssl-redirect = "false"
      } &&
      yamldecode(helm_release.upstream[0].values[0]).controller.lifecycle.preStop.sleep.seconds == 30 &&
      yamldecode(helm_release.upstream[0].values[0]).controller.terminationGracePeriodSeconds == 115
    )
    error_message = "NGINX must keep connections, and its pod must live, for as long as the variables say."
  }

  assert {
    condition     = yamldecode(helm_release.upstream[0].values[0]).controller.image == { repository = "registry.example.org:5000/nginx/nginx-ingress", tag = "1.2.3" }
    error_message = "The image must reach the chart."
  }

  assert {
    condition = yamldecode(helm_release.upstream[0].values[0]).prometheus == {
      service        = { create = true }
      serviceMonitor = { create = true, labels = { release = "kps" }, endpoints = [{ port = "prometheus", interval = "2s" }] }
    }
    error_message = "Prometheus must find NGINX's metrics."
  }

  assert {
    condition     = output.class == "public" && output.http_node_port == null
    error_message = "The outputs must follow the variables."
  }
}

run "chart_on_disk" {
  command = plan

  variables {
    chart = "./chart"
  }

  assert {
    condition = (
      helm_release.upstream[0].chart == "./chart" && helm_release.upstream[0].repository == null && module.upstream_chart.version == null &&
      can(regex("^chart content [0-9a-f]{12}$", helm_release.upstream[0].description))
    )
    error_message = "A chart on disk has no repository and no version, and a change of it must change the release."
  }
}

run "gateway_fabric" {
  command = plan

  variables {
    profile      = "upstream-gateway"
    gateway_name = "public"
  }

  assert {
    condition     = helm_release.upstream_gateway[0].repository == "oci://ghcr.io/nginx/charts" && helm_release.upstream_gateway[0].chart == "nginx-gateway-fabric"
    error_message = "The chart must come from NGINX's registry."
  }

  assert {
    condition     = length(helm_release.crds) == 0 && length(helm_release.gateway) == 0 && length(helm_release.upstream) == 0
    error_message = "Without a chart for them the Gateway API's definitions exist already, and the chart itself creates the Gateway."
  }

  assert {
    condition = yamldecode(helm_release.upstream_gateway[0].values[0]) == {
      nginxGateway = {
        gatewayClassName = "nginx"
        productTelemetry = { enable = false }
        snippets         = { enable = true }
        resources        = { requests = { cpu = "20m", memory = "64Mi" }, limits = { memory = "256Mi" } }
      }
      nginx = {
        service = { type = "NodePort", externalTrafficPolicy = "Cluster", nodePorts = [{ port = 30080, listenerPort = 80 }] }
        container = {
          resources = { requests = { cpu = "20m", memory = "64Mi" }, limits = { memory = "256Mi" } }
          lifecycle = { preStop = { exec = { command = ["/bin/sh", "-c",
            "sleep 10; kill -QUIT \"$(cat /var/run/nginx/nginx.pid)\"; while [ -e /var/run/nginx/nginx.pid ]; do sleep 1; done",
          ] } } }
        }
        pod = { terminationGracePeriodSeconds = 35 }
      }
      extraObjects = yamldecode(helm_release.upstream_gateway[0].values[0]).extraObjects # looked at below
      gateways = [{
        name      = "public"
        namespace = "ingress"
        spec = {
          gatewayClassName = "nginx"
          listeners        = [{ name = "http", port = 80, protocol = "HTTP", allowedRoutes = { namespaces = { from = "All" } } }]
        }
      }]
    }
    error_message = "The chart must get the variables' values."
  }

  assert {
    condition = [for text in yamldecode(helm_release.upstream_gateway[0].values[0]).extraObjects : yamldecode(text)] == [{
      apiVersion = "gateway.nginx.org/v1alpha1"
      kind       = "SnippetsPolicy"
      metadata   = { name = "connections", namespace = "ingress" }
      spec = {
        targetRefs = [{ group = "gateway.networking.k8s.io", kind = "Gateway", name = "public" }]
        snippets   = [{ context = "http", value = "keepalive_min_timeout 5s;\nkeepalive_timeout 75s 4s;\nproxy_connect_timeout 2s;" }]
      }
    }]
    error_message = "NGINX must get the connection settings with the Gateway."
  }

  assert {
    condition = (
      output.exposure == "httpRoute" && output.gateway_name == "public" && output.gateway_namespace == "ingress" &&
      output.deployment == "public-nginx" && output.service == "public-nginx" && output.container == "nginx"
    )
    error_message = "The outputs must name what the control process creates for the Gateway."
  }

  assert {
    condition     = kubernetes_namespace.this[0].metadata[0].labels["pod-security.kubernetes.io/enforce"] == "restricted"
    error_message = "The current NGINX Gateway Fabric runs at the restricted level."
  }
}

run "gateway_fabric_with_definitions_and_images" {
  command = plan

  variables {
    profile          = "upstream-gateway"
    crds_chart       = "./chart"
    controller_image = "registry.example.org/ngf:1.2.3"
    nginx_image      = "registry.example.org/ngf/nginx:1.2.3"
    service_type     = "ClusterIP"

    keepalive_min_timeout_seconds = 20
    connect_timeout_seconds       = 1
    drain_seconds                 = 30
    longest_request_seconds       = 60
  }

  assert {
    condition = (
      yamldecode(yamldecode(helm_release.upstream_gateway[0].values[0]).extraObjects[0]).spec.snippets[0].value == "keepalive_min_timeout 20s;\nkeepalive_timeout 75s 19s;\nproxy_connect_timeout 1s;" &&
      startswith(yamldecode(helm_release.upstream_gateway[0].values[0]).nginx.container.lifecycle.preStop.exec.command[2], "sleep 30; ") &&
      yamldecode(helm_release.upstream_gateway[0].values[0]).nginx.pod.terminationGracePeriodSeconds == 115
    )
    error_message = "NGINX must keep connections, and its pod must live, for as long as the variables say."
  }

  assert {
    condition     = helm_release.crds[0].chart == "./chart"
    error_message = "The definitions must be installed if their chart is given."
  }

  assert {
    condition = (
      yamldecode(helm_release.upstream_gateway[0].values[0]).nginxGateway.image == { repository = "registry.example.org/ngf", tag = "1.2.3" } &&
      yamldecode(helm_release.upstream_gateway[0].values[0]).nginx.image == { repository = "registry.example.org/ngf/nginx", tag = "1.2.3" } &&
      yamldecode(helm_release.upstream_gateway[0].values[0]).nginx.service == { type = "ClusterIP" }
    )
    error_message = "The images must reach the chart, and no node port must be set without http_node_port."
  }
}

run "existing_gateway" {
  command = plan

  variables {
    profile      = "existing"
    exposure     = "httpRoute"
    namespace    = "gateways"
    gateway_name = "public"
  }

  assert {
    condition = (
      length(kubernetes_namespace.this) + length(helm_release.crds) + length(helm_release.gateway) + length(helm_release.controller) +
      length(helm_release.upstream) + length(helm_release.upstream_gateway) == 0
    )
    error_message = "Nothing may be installed."
  }

  assert {
    condition     = output.exposure == "httpRoute" && output.gateway_name == "public" && output.gateway_namespace == "gateways" && output.deployment == null
    error_message = "The outputs must pass on what exists."
  }
}

run "existing_ingress_class" {
  command = plan

  variables {
    profile  = "existing"
    exposure = "ingress"
    class    = "public"
  }

  assert {
    condition     = output.exposure == "ingress" && output.class == "public" && output.gateway_name == null && output.http_node_port == null
    error_message = "The outputs must pass on what exists."
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

run "two_ingress_controllers" {
  command = plan

  variables {
    replicas                       = 2
    priority_class_name            = "autoscaling"
    unreachable_toleration_seconds = 10
  }

  assert {
    condition = { for key, value in yamldecode(helm_release.upstream[0].values[0]).controller : key => value if contains(["replicaCount", "affinity", "topologySpreadConstraints", "tolerations", "priorityClassName", "podDisruptionBudget"], key) } == {
      replicaCount              = 2
      affinity                  = jsondecode(jsonencode(module.placement.affinity))
      topologySpreadConstraints = jsondecode(jsonencode(module.placement.topology_spread_constraints))
      tolerations               = jsondecode(jsonencode(module.placement.tolerations))
      priorityClassName         = "autoscaling"
      podDisruptionBudget       = { enabled = true, maxUnavailable = 1 }
    }
    error_message = "The chart must get where the pods prefer to run, and how long they stay on a lost node."
  }
}

run "two_nginx_of_a_gateway" {
  command = plan

  variables {
    profile                        = "upstream-gateway"
    gateway_name                   = "public"
    replicas                       = 2
    priority_class_name            = "autoscaling"
    unreachable_toleration_seconds = 10
  }

  assert {
    condition = (
      yamldecode(helm_release.upstream_gateway[0].values[0]).nginx.replicas == 2 &&
      { for key, value in yamldecode(helm_release.upstream_gateway[0].values[0]).nginx.pod : key => value if key != "terminationGracePeriodSeconds" } == {
        affinity                  = jsondecode(jsonencode(module.placement.affinity))
        topologySpreadConstraints = jsondecode(jsonencode(module.placement.topology_spread_constraints))
        tolerations               = jsondecode(jsonencode(module.placement.tolerations))
      }
    )
    error_message = "NGINX must get where its pods prefer to run, and how long they stay on a lost node."
  }

  assert {
    condition = { for key, value in yamldecode(helm_release.upstream_gateway[0].values[0]).nginxGateway : key => value if contains(["replicas", "tolerations", "priorityClassName", "podDisruptionBudget"], key) } == {
      replicas            = 2
      tolerations         = jsondecode(jsonencode(module.placement.tolerations))
      priorityClassName   = "autoscaling"
      podDisruptionBudget = { enable = true, maxUnavailable = 1 }
    }
    error_message = "The control process must get the same."
  }

  assert {
    condition     = yamldecode(yamldecode(helm_release.upstream_gateway[0].values[0]).extraObjects[1]).spec.selector.matchLabels == { "gateway.networking.k8s.io/gateway-name" = "public" }
    error_message = "A drain may evict only one NGINX of the Gateway at a time."
  }
}
