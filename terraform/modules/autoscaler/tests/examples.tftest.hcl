# What the examples create. No cluster is needed: both providers are mocks.

mock_provider "helm" {}
mock_provider "promadapter" {}

run "your_own_counter" {
  command = plan

  module {
    source = "./examples/basic"
  }

  assert {
    condition     = output.hpa == "checkout"
    error_message = "The example scales the Deployment checkout."
  }
}

run "length_of_a_queue" {
  command = plan

  module {
    source = "./examples/queue"
  }

  assert {
    condition     = output.hpa == "worker"
    error_message = "The example scales the Deployment worker."
  }
}

run "two_metrics" {
  command = plan

  module {
    source = "./examples/two-metrics"
  }

  assert {
    condition     = output.hpa == "checkout"
    error_message = "The example scales the Deployment checkout."
  }
}
