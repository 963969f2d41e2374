# Rules that are wrong in one way each, as people write them. The comment above a rule says the severity, the attribute, and a part of the message.

# error at series_filters[0]: set one and write a second filter for the other
resource "promadapter_rule" "filter_is_and_is_not" {
  name           = "filter_is_and_is_not"
  series_query   = "filter_is_and_is_not_requests_total{namespace!=\"\",pod!=\"\"}"
  series_filters = [{ is = "_total$", is_not = "_bucket$" }]
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metric_name = {
    matches = "^(.*)_total$"
    as      = "$${1}_per_second"
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# error at series_filters[0]: set exactly one of them
resource "promadapter_rule" "filter_neither_is_nor_is_not" {
  name           = "filter_neither_is_nor_is_not"
  series_query   = "filter_neither_is_nor_is_not_requests_total{namespace!=\"\",pod!=\"\"}"
  series_filters = [{}]
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metric_name = {
    matches = "^(.*)_total$"
    as      = "$${1}_per_second"
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# error at series_filters[0]: look for a misspelt one
resource "promadapter_rule" "filter_isNot_of_the_adapters_yaml" {
  name           = "filter_isNot_of_the_adapters_yaml"
  series_query   = "filter_isNot_of_the_adapters_yaml_requests_total{namespace!=\"\",pod!=\"\"}"
  series_filters = [{ isNot = "_bucket$" }]
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metric_name = {
    matches = "^(.*)_total$"
    as      = "$${1}_per_second"
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# error at series_filters[0].is: does not compile
resource "promadapter_rule" "filter_not_closed" {
  name           = "filter_not_closed"
  series_query   = "filter_not_closed_requests_total{namespace!=\"\",pod!=\"\"}"
  series_filters = [{ is = "^(http" }]
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metric_name = {
    matches = "^(.*)_total$"
    as      = "$${1}_per_second"
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# error at series_filters[0].is_not: "Anything" is .* and not *.
resource "promadapter_rule" "filter_with_a_glob" {
  name           = "filter_with_a_glob"
  series_query   = "filter_with_a_glob_requests_total{namespace!=\"\",pod!=\"\"}"
  series_filters = [{ is_not = "*_bucket" }]
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metric_name = {
    matches = "^(.*)_total$"
    as      = "$${1}_per_second"
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# error at series_filters[0].is: there is no lookahead
resource "promadapter_rule" "filter_with_lookahead" {
  name           = "filter_with_lookahead"
  series_query   = "filter_with_lookahead_requests_total{namespace!=\"\",pod!=\"\"}"
  series_filters = [{ is = "^(?!container_)" }]
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metric_name = {
    matches = "^(.*)_total$"
    as      = "$${1}_per_second"
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# error at series_filters[0]: loosen the filter or leave it out
resource "promadapter_rule" "filter_drops_the_only_series" {
  name           = "filter_drops_the_only_series"
  series_query   = "filter_drops_the_only_series_requests_total{namespace!=\"\",pod!=\"\"}"
  series_filters = [{ is_not = "_total$" }]
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metric_name = {
    matches = "^(.*)_total$"
    as      = "$${1}_per_second"
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# type error at series_filters: list of object required
resource "promadapter_rule" "filters_not_in_a_list" {
  name           = "filters_not_in_a_list"
  series_query   = "filters_not_in_a_list_requests_total{namespace!=\"\",pod!=\"\"}"
  series_filters = { is_not = "_bucket$" }
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metric_name = {
    matches = "^(.*)_total$"
    as      = "$${1}_per_second"
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# type error at series_filters: object required
resource "promadapter_rule" "filter_is_a_string" {
  name           = "filter_is_a_string"
  series_query   = "filter_is_a_string_requests_total{namespace!=\"\",pod!=\"\"}"
  series_filters = ["_bucket$"]
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metric_name = {
    matches = "^(.*)_total$"
    as      = "$${1}_per_second"
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}
