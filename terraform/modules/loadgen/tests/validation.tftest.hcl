# Each validation in variables.tf refuses what it should.

mock_provider "helm" {}

variables {
  namespace = "app"
  image     = "localhost/loadgen:1.2.3"
  target    = "http://nginx.ingress.svc/heavywork"
}

run "name_too_long_for_a_job" {
  command = plan
  variables {
    name = "a-load-with-a-name-that-has-over-45-characters"
  }
  expect_failures = [var.name]
}

run "namespace_that_is_no_label" {
  command = plan
  variables {
    namespace = "app/load"
  }
  expect_failures = [var.namespace]
}

run "image_without_a_tag" {
  command = plan
  variables {
    image = "localhost:5000/loadgen"
  }
  expect_failures = [var.image]
}

run "no_pods" {
  command = plan
  variables {
    pods = 0
  }
  expect_failures = [var.pods]
}

run "half_a_pod" {
  command = plan
  variables {
    pods = 1.5
  }
  expect_failures = [var.pods]
}

run "target_with_credentials" {
  command = plan
  variables {
    target = "http://user:password@nginx.ingress.svc/heavywork"
  }
  expect_failures = [var.target]
}

run "target_without_a_scheme" {
  command = plan
  variables {
    target = "nginx.ingress.svc/heavywork"
  }
  expect_failures = [var.target]
}

run "unknown_profile" {
  command = plan
  variables {
    profile = "square:rate=10,duration=60"
  }
  expect_failures = [var.profile]
}

run "profile_from_a_file" {
  command = plan
  variables {
    profile = "trace:file=load.csv"
  }
  expect_failures = [var.profile]
}

run "seed_below_zero" {
  command = plan
  variables {
    seed = -1
  }
  expect_failures = [var.seed]
}

run "run_of_too_many_words" {
  command = plan
  variables {
    run = join("", [for i in range(257) : "x"])
  }
  expect_failures = [var.run]
}

run "nothing_in_flight" {
  command = plan
  variables {
    max_in_flight = 0
  }
  expect_failures = [var.max_in_flight]
}

run "no_time_for_a_request" {
  command = plan
  variables {
    request_timeout_seconds = 0
  }
  expect_failures = [var.request_timeout_seconds]
}

run "no_time_to_meet" {
  command = plan
  variables {
    meet_timeout_seconds = 0.5
  }
  expect_failures = [var.meet_timeout_seconds]
}

run "target_namespace_that_is_no_label" {
  command = plan
  variables {
    target_namespace = "ingress."
  }
  expect_failures = [var.target_namespace]
}

run "target_port_out_of_range" {
  command = plan
  variables {
    target_port = 65536
  }
  expect_failures = [var.target_port]
}
