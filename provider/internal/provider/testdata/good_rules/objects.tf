# Values that belong to the right objects.

# none at -: -
resource "promadapter_rule" "template_for_services" {
  name          = "template_for_services"
  series_query  = "template_for_services_inflight{namespace!=\"\",service!=\"\"}"
  resources     = { template = "<<.Resource>>" }
  metrics_query = "max by (service) (<<.Series>>{<<.LabelMatchers>>})"
}

# none at -: -
resource "promadapter_rule" "template_for_nodes" {
  name          = "template_for_nodes"
  series_query  = "template_for_nodes_inflight{namespace!=\"\",node!=\"\"}"
  resources     = { template = "<<.Resource>>" }
  metrics_query = "max by (node) (<<.Series>>{<<.LabelMatchers>>})"
}

# none at -: -
resource "promadapter_rule" "template_with_a_prefix_for_services" {
  name          = "template_with_a_prefix_for_services"
  series_query  = "template_with_a_prefix_inflight{kube_namespace!=\"\",kube_service!=\"\"}"
  resources     = { template = "kube_<<.Resource>>" }
  metrics_query = "max by (kube_service) (<<.Series>>{<<.LabelMatchers>>})"
}

# none at -: -
resource "promadapter_rule" "template_without_the_label_pod" {
  name          = "template_without_the_label_pod"
  series_query  = "template_without_the_label_pod_inflight{namespace!=\"\",service!=\"\"}"
  resources     = { template = "<<.Resource>>" }
  metrics_query = "sum without (pod) (<<.Series>>{<<.LabelMatchers>>})"
}

# none at -: -
resource "promadapter_rule" "for_one_resource_only" {
  name         = "for_one_resource_only"
  series_query = "for_one_resource_only_requests_total{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "<<if eq .GroupBy \"pod\">>sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)<<end>>"
}

# none at -: -
resource "promadapter_rule" "for_one_object_only" {
  name         = "for_one_object_only"
  series_query = "for_one_object_only_inflight{namespace!=\"\",service!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      service   = { resource = "service" }
    }
  }
  metrics_query = "absent(<<.Series>>{<<.LabelMatchers>>})"
}

# none at -: -
resource "promadapter_rule" "value_of_a_mapped_label" {
  name         = "value_of_a_mapped_label"
  series_query = "value_of_a_mapped_label_requests_total{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "sum(rate(<<.Series>>{namespace=\"<<index .LabelValuesByName \"namespace\">>\",pod=~\"<<.LabelValuesByName.pod>>.*\"}[1m])) by (<<.GroupBy>>)"
}

# none at -: -
resource "promadapter_rule" "value_that_is_asked_for" {
  name         = "value_that_is_asked_for"
  series_query = "value_that_is_asked_for_requests_total{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>><<with index .LabelValuesByName \"shard\">>,shard=~\"<<.>>\"<<end>>}[1m])) by (<<.GroupBy>>)"
}

# none at -: -
resource "promadapter_rule" "value_with_a_default" {
  name         = "value_with_a_default"
  series_query = "value_with_a_default_requests_total{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>,shard=~\"<<or (index .LabelValuesByName \"shard\") \".*\">>\"}[1m])) by (<<.GroupBy>>)"
}

# none at -: -
resource "promadapter_rule" "external_value_of_the_selector" {
  name          = "external_value_of_the_selector"
  kind          = "external"
  series_query  = "external_value_of_the_selector_length"
  resources     = { namespaced = false }
  metrics_query = "max(<<.Series>>{queue=\"<<.LabelValuesByName.queue>>\"})"
}

# none at -: -
resource "promadapter_rule" "or_with_the_label" {
  name         = "or_with_the_label"
  series_query = "or_with_the_label_requests_total{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>) or 0 * max(up{<<.LabelMatchers>>}) by (<<.GroupBy>>)"
}

# none at -: -
resource "promadapter_rule" "or_of_two_resources" {
  name         = "or_of_two_resources"
  series_query = "or_of_two_resources_requests_total{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (pod) or sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (namespace)"
}

# none at -: -
resource "promadapter_rule" "or_of_a_divisor_for_all" {
  name         = "or_of_a_divisor_for_all"
  series_query = "or_of_a_divisor_for_all_requests_total{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>) / on () group_left () (sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) or vector(1))"
}

# none at -: -
resource "promadapter_rule" "or_with_a_label_made" {
  name         = "or_with_a_label_made"
  series_query = "or_with_a_label_made_requests_total{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>) or label_replace(vector(0), \"<<.GroupBy>>\", \"<<index .LabelValuesByName .GroupBy>>\", \"\", \"\")"
}

# none at -: -
resource "promadapter_rule" "or_for_an_external_metric" {
  name          = "or_for_an_external_metric"
  kind          = "external"
  series_query  = "or_for_an_external_metric_length"
  resources     = { namespaced = false }
  metrics_query = "max(<<.Series>>{<<.LabelMatchers>>}) or vector(0)"
}

# none at -: -
resource "promadapter_rule" "irregular_plural" {
  name         = "irregular_plural"
  series_query = "irregular_plural_requests_total{namespace!=\"\",proxy!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      proxy     = { group = "proxy.example.com", resource = "proxy" }
    }
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# none at -: -
resource "promadapter_rule" "capitals_of_a_custom_metric" {
  name         = "capitals_of_a_custom_metric"
  series_query = "CAPITALS_BOARD_UTIL{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "max(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)"
}

# none at -: -
resource "promadapter_rule" "external_capitals_named_anew" {
  name          = "external_capitals_named_anew"
  kind          = "external"
  series_query  = "EXTERNAL_BOARD_TEMPERATURE"
  resources     = { namespaced = false }
  metric_name   = { as = "external_board_temperature" }
  metrics_query = "max(<<.Series>>{<<.LabelMatchers>>})"
}

# none at -: -
resource "promadapter_rule" "external_capitals_in_some_names" {
  name          = "external_capitals_in_some_names"
  kind          = "external"
  series_query  = "{__name__=~\"(GPU|gpu)_.+\"}"
  resources     = { namespaced = false }
  metrics_query = "max(<<.Series>>{<<.LabelMatchers>>})"
}

# none at -: -
resource "promadapter_rule" "external_capitals_outside_of_the_group" {
  name         = "external_capitals_outside_of_the_group"
  kind         = "external"
  series_query = "{__name__=~\"GPU_.+\"}"
  resources    = { namespaced = false }
  metric_name = {
    matches = "^GPU_(.*)$"
  }
  metrics_query = "max(<<.Series>>{<<.LabelMatchers>>})"
}
