# Rules that are wrong in one way each, as people write them. The comment above a rule says the severity, the attribute, and a part of the message.

# error at resources: set namespaced = false
resource "promadapter_rule" "external_without_namespace_mapping" {
  name          = "external_without_namespace_mapping"
  kind          = "external"
  series_query  = "external_without_namespace_mapping_queue_length{namespace!=\"\",pod!=\"\"}"
  metrics_query = "sum(<<.Series>>{<<.LabelMatchers>>})"
}

# error at metrics_query: write your own matchers first
resource "promadapter_rule" "external_with_comma_before_own_matcher" {
  name          = "external_with_comma_before_own_matcher"
  kind          = "external"
  series_query  = "external_with_comma_before_own_matcher_queue_length"
  resources     = { namespaced = false }
  metrics_query = "sum(<<.Series>>{<<.LabelMatchers>>,queue=\"orders\"})"
}

# warning at metrics_query: name the labels, as in by (queue)
resource "promadapter_rule" "external_grouped_by_nothing" {
  name          = "external_grouped_by_nothing"
  kind          = "external"
  series_query  = "external_grouped_by_nothing_queue_length"
  resources     = { namespaced = false }
  metrics_query = "sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)"
}

# warning at metrics_query: or set resources.namespaced = false
resource "promadapter_rule" "external_without_label_matchers" {
  name         = "external_without_label_matchers"
  kind         = "external"
  series_query = "external_without_label_matchers_queue_length{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
    }
  }
  metrics_query = "sum(<<.Series>>)"
}

# warning at metrics_query: Take its rate
resource "promadapter_rule" "external_average_of_counter" {
  name         = "external_average_of_counter"
  kind         = "external"
  series_query = "external_average_of_counter_requests_total"
  resources    = { namespaced = false }
  metric_name = {
    matches = "^(.*)_total$"
    as      = "$${1}_per_second"
  }
  metrics_query = "sum(<<.Series>>{<<.LabelMatchers>>})"
}
