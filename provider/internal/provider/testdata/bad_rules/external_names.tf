# Names and selectors of external metrics, and names that are meant as templates.

# error at metric_name.as: set metric_name.as = "external_board_util"
resource "promadapter_rule" "external_name_with_capitals" {
  name          = "external_name_with_capitals"
  kind          = "external"
  series_query  = "EXTERNAL_BOARD_UTIL"
  resources     = { namespaced = false }
  metrics_query = "max(<<.Series>>{<<.LabelMatchers>>})"
}

# error at metric_name.as: set metric_name.as = "queuelength"
resource "promadapter_rule" "external_capitals_in_as" {
  name          = "external_capitals_in_as"
  kind          = "external"
  series_query  = "external_capitals_in_as_queue_length"
  resources     = { namespaced = false }
  metric_name   = { as = "QueueLength" }
  metrics_query = "max(<<.Series>>{<<.LabelMatchers>>})"
}

# error at metric_name.as: write metric_name.as in lower case
resource "promadapter_rule" "external_capitals_by_pattern" {
  name          = "external_capitals_by_pattern"
  kind          = "external"
  series_query  = "{__name__=~\"DCGM_.+\"}"
  resources     = { namespaced = false }
  metrics_query = "max(<<.Series>>{<<.LabelMatchers>>})"
}

# error at metric_name.as: write metric_name.as in lower case
resource "promadapter_rule" "external_capitals_in_the_group" {
  name         = "external_capitals_in_the_group"
  kind         = "external"
  series_query = "{__name__=~\".+_UTIL\"}"
  resources    = { namespaced = false }
  metric_name = {
    matches = "^(.+_UTIL)$"
  }
  metrics_query = "max(<<.Series>>{<<.LabelMatchers>>})"
}

# error at metric_name.as: write metric_name.as in lower case
resource "promadapter_rule" "external_capitals_beside_the_group" {
  name         = "external_capitals_beside_the_group"
  kind         = "external"
  series_query = "{__name__=~\"gpu_.+\"}"
  resources    = { namespaced = false }
  metric_name = {
    matches = "^gpu_(.*)$"
    as      = "GPU_$${1}"
  }
  metrics_query = "max(<<.Series>>{<<.LabelMatchers>>})"
}

# error at metric_name.as: have the autoscaler name the label in its metric.selector
resource "promadapter_rule" "external_template_in_name" {
  name          = "external_template_in_name"
  kind          = "external"
  series_query  = "external_template_in_name_length"
  resources     = { namespaced = false }
  metric_name   = { as = "<<index .LabelValuesByName \"mailbox\">>_length" }
  metrics_query = "max(<<.Series>>{<<.LabelMatchers>>}) by (mailbox)"
}

# warning at metric_name.as: it is not a template
resource "promadapter_rule" "template_in_name" {
  name         = "template_in_name"
  series_query = "template_in_name_requests_total{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metric_name   = { as = "<<.series>>_per_second" }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# warning at metric_name.as: it is not a template
resource "promadapter_rule" "helm_braces_in_name" {
  name         = "helm_braces_in_name"
  series_query = "helm_braces_in_name_requests_total{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metric_name   = { as = "{{ .Values.name }}_per_second" }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# warning at metrics_query: labels that an autoscaler selects in metric.selector have no effect
resource "promadapter_rule" "external_selector_without_effect" {
  name          = "external_selector_without_effect"
  kind          = "external"
  series_query  = "external_selector_without_effect_length"
  resources     = { namespaced = false }
  metrics_query = "max(<<.Series>>{queue=\"orders\"})"
}

# warning at metrics_query: labels that an autoscaler selects in metric.selector have no effect
resource "promadapter_rule" "external_selector_without_braces" {
  name          = "external_selector_without_braces"
  kind          = "external"
  series_query  = "external_selector_without_braces_length"
  resources     = { namespaced = false }
  metrics_query = "max(<<.Series>>)"
}
