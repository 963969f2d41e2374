# The values that reach the chart. No cluster is needed: the provider is a mock.

mock_provider "helm" {}

variables {
  namespace = "app"
  image     = "localhost:5000/loadgen:1.2.3"
  target    = "http://nginx.ingress.svc/heavywork"
}

run "defaults" {
  command = plan

  assert {
    condition = yamldecode(helm_release.this.values[0]) == {
      image                 = { repository = "localhost:5000/loadgen", tag = "1.2.3", digest = "", pullPolicy = "IfNotPresent" }
      target                = "http://nginx.ingress.svc/heavywork"
      profile               = "decay:arrival_rate=20,decay_rate=0.02,duration=500"
      pods                  = 2
      seed                  = 1
      run                   = ""
      maxInFlight           = 4096
      requestTimeoutSeconds = 30
      meetTimeoutSeconds    = 120
      networkPolicy         = { enabled = false, targetNamespace = "ingress", targetPort = 80 }
    }
    error_message = "The chart must get the variables' values."
  }

  assert {
    condition     = output.results_command == "loadgen cluster results load --namespace app"
    error_message = "The command must name the load."
  }
}

run "two_segments_and_a_digest" {
  command = plan

  variables {
    image   = "loadgen:1.2.3@sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
    profile = "ramp:from=1,to=50,duration=60; constant:rate=50,duration=2m"
    pods    = 5
    seed    = 9007199254740991
    run     = "again"
  }

  assert {
    condition     = yamldecode(helm_release.this.values[0]).image.digest == "sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
    error_message = "The digest must reach the chart."
  }

  assert {
    condition     = yamldecode(helm_release.this.values[0]).profile == var.profile && yamldecode(helm_release.this.values[0]).seed == 9007199254740991
    error_message = "Profile and seed must reach the chart unchanged."
  }
}

run "network_policies" {
  command = plan

  variables {
    network_policies = true
    target_namespace = "edge"
    target_port      = 8080
  }

  assert {
    condition     = yamldecode(helm_release.this.values[0]).networkPolicy == { enabled = true, targetNamespace = "edge", targetPort = 8080 }
    error_message = "The pods must be allowed to reach the target."
  }
}
