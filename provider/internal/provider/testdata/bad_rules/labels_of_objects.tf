# Values that no object gets, or only some.

# warning at metrics_query: one side of or is vector(0)
resource "promadapter_rule" "or_vector_zero" {
  name         = "or_vector_zero"
  series_query = "or_vector_zero_requests_total{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>) or vector(0)"
}

# warning at metrics_query: one side of or is vector(0)
resource "promadapter_rule" "or_with_the_default_first" {
  name         = "or_with_the_default_first"
  series_query = "or_with_the_default_first_requests_total{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "vector(0) or sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# warning at metrics_query: one side of or is vector(0)
resource "promadapter_rule" "or_on_nothing" {
  name         = "or_on_nothing"
  series_query = "or_on_nothing_requests_total{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>) or on () vector(0)"
}

# warning at metrics_query: one side of or is vector(0)
resource "promadapter_rule" "or_inside_of_a_product" {
  name         = "or_inside_of_a_product"
  series_query = "or_inside_of_a_product_requests_total{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "(sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>) or vector(0)) * 60"
}

# warning at metrics_query: one side of or is vector(0)
resource "promadapter_rule" "or_inside_of_a_sum" {
  name         = "or_inside_of_a_sum"
  series_query = "or_inside_of_a_sum_requests_total{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m]) or vector(0)) by (<<.GroupBy>>)"
}

# warning at metrics_query: one side of or is vector(1)
resource "promadapter_rule" "or_of_what_is_divided_by" {
  name         = "or_of_what_is_divided_by"
  series_query = "or_of_what_is_divided_by_requests_total{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>) / (sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>) or vector(1))"
}

# warning at metrics_query: one side of or is sum(
resource "promadapter_rule" "or_a_sum_of_everything" {
  name         = "or_a_sum_of_everything"
  series_query = "or_a_sum_of_everything_requests_total{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>) or sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m]))"
}

# warning at metrics_query: one side of or is vector(scalar(
resource "promadapter_rule" "or_a_number_made_a_vector" {
  name         = "or_a_number_made_a_vector"
  series_query = "or_a_number_made_a_vector_requests_total{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>) or vector(scalar(sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m]))))"
}

# warning at metrics_query: one side of or is 0 * absent(
resource "promadapter_rule" "or_absent" {
  name         = "or_absent"
  series_query = "or_absent_requests_total{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>) or 0 * absent(<<.Series>>{<<.LabelMatchers>>})"
}

# warning at metrics_query: one side of or is label_replace(
resource "promadapter_rule" "or_with_the_label_taken_away" {
  name         = "or_with_the_label_taken_away"
  series_query = "or_with_the_label_taken_away_requests_total{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>) or label_replace(rate(<<.Series>>{<<.LabelMatchers>>}[1m]), \"<<.GroupBy>>\", \"\", \"\", \"\")"
}

# warning at metrics_query: one side of or is vector(0)
resource "promadapter_rule" "or_vector_zero_for_services" {
  name         = "or_vector_zero_for_services"
  series_query = "or_vector_zero_for_services_requests_total{namespace!=\"\",service!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      service   = { resource = "service" }
    }
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>) or vector(0)"
}

# warning at metrics_query: one side of or is vector(0)
resource "promadapter_rule" "or_vector_zero_with_a_template" {
  name          = "or_vector_zero_with_a_template"
  series_query  = "or_vector_zero_with_a_template_requests_total{namespace!=\"\",pod!=\"\"}"
  resources     = { template = "<<.Resource>>" }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>) or vector(0)"
}

# warning at metrics_query: map the label in resources.overrides
resource "promadapter_rule" "value_of_a_label_not_mapped" {
  name         = "value_of_a_label_not_mapped"
  series_query = "value_of_a_label_not_mapped_requests_total{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>,shard=~\"<<index .LabelValuesByName \"shard\">>\"}[1m])) by (<<.GroupBy>>)"
}

# warning at metrics_query: puts "<no value>" in its place
resource "promadapter_rule" "field_of_a_label_not_mapped" {
  name         = "field_of_a_label_not_mapped"
  series_query = "field_of_a_label_not_mapped_requests_total{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>,shard=\"<<.LabelValuesByName.shard>>\"}[1m])) by (<<.GroupBy>>)"
}

# warning at metrics_query: puts "<no value>" in its place
resource "promadapter_rule" "field_of_a_label_not_mapped_from_the_root" {
  name         = "field_of_a_label_not_mapped_from_the_root"
  series_query = "field_of_a_label_not_mapped_from_the_root_requests_total{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>,shard=\"<<$.LabelValuesByName.shard>>\"}[1m])) by (<<.GroupBy>>)"
}

# warning at metrics_query: map the label in resources.overrides
resource "promadapter_rule" "value_of_a_label_the_template_does_not_make" {
  name          = "value_of_a_label_the_template_does_not_make"
  series_query  = "value_of_a_label_the_template_does_not_make_requests_total{kube_namespace!=\"\",kube_pod!=\"\"}"
  resources     = { template = "kube_<<.Resource>>" }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>,pod=~\"<<index .LabelValuesByName \"pod\">>\"}[1m])) by (<<.GroupBy>>)"
}

# warning at metrics_query: write by (<<.GroupBy>>)
resource "promadapter_rule" "template_listed_for_pods_too" {
  name          = "template_listed_for_pods_too"
  series_query  = "template_listed_for_pods_too_requests_total{namespace!=\"\",pod!=\"\",service!=\"\"}"
  resources     = { template = "<<.Resource>>" }
  metrics_query = "max by (service) (rate(<<.Series>>{<<.LabelMatchers>>}[1m]))"
}

# warning at metrics_query: has a value for one of the pods, but not for several at once
resource "promadapter_rule" "right_for_one_pod_only" {
  name         = "right_for_one_pod_only"
  series_query = "right_for_one_pod_only_requests_total{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "absent(<<.Series>>{<<.LabelMatchers>>})"
}

# warning at metrics_query: The metric is listed for services but never has a value there
resource "promadapter_rule" "right_for_one_resource_only" {
  name         = "right_for_one_resource_only"
  series_query = "right_for_one_resource_only_requests_total{namespace!=\"\",pod!=\"\",service!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
      service   = { resource = "service" }
    }
  }
  metrics_query = "<<if ne .GroupBy \"service\">>sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)<<end>>"
}

# error at resources.overrides: write namespace!="",pod!=""
resource "promadapter_rule" "every_label_excluded" {
  name         = "every_label_excluded"
  series_query = "every_label_excluded_requests_total{namespace=\"\",pod=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# error at resources.overrides: write namespace!="",pod!=""
resource "promadapter_rule" "every_label_excluded_by_patterns" {
  name         = "every_label_excluded_by_patterns"
  series_query = "every_label_excluded_by_patterns_requests_total{namespace!~\".+\",pod=~\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# error at resources.overrides: write node!=""
resource "promadapter_rule" "the_only_label_excluded" {
  name         = "the_only_label_excluded"
  series_query = "the_only_label_excluded_requests_total{node=\"\"}"
  resources = {
    overrides = {
      node = { resource = "node" }
    }
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# warning at resources.overrides["gw"]: Keep the label that is always set
resource "promadapter_rule" "two_labels_for_one_add_on" {
  name         = "two_labels_for_one_add_on"
  series_query = "two_labels_for_one_add_on_requests_total{namespace!=\"\",gateway!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      gateway   = { group = "gateway.networking.k8s.io", resource = "gateway" }
      gw        = { group = "gateway.networking.k8s.io", resource = "gateways" }
    }
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}
