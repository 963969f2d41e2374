# Rules that are wrong in one way each, as people write them. The comment above a rule says the severity, the attribute, and a part of the message.

# error at metrics_query: for example sum(rate(<<.Series>>
resource "promadapter_rule" "query_empty" {
  name         = "query_empty"
  series_query = "query_empty_requests_total{namespace!=\"\",pod!=\"\"}"
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
  metrics_query = ""
}

# type error at metrics_query: The argument "metrics_query" is required
resource "promadapter_rule" "query_missing" {
  name         = "query_missing"
  series_query = "query_missing_requests_total{namespace!=\"\",pod!=\"\"}"
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
}

# error at metrics_query: the fields .Series, .LabelMatchers
resource "promadapter_rule" "series_field_misspelt" {
  name         = "series_field_misspelt"
  series_query = "series_field_misspelt_requests_total{namespace!=\"\",pod!=\"\"}"
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
  metrics_query = "sum(rate(<<.Serie>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# error at metrics_query: the fields .Series, .LabelMatchers
resource "promadapter_rule" "label_matchers_field_misspelt" {
  name         = "label_matchers_field_misspelt"
  series_query = "label_matchers_field_misspelt_requests_total{namespace!=\"\",pod!=\"\"}"
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
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatcher>>}[1m])) by (<<.GroupBy>>)"
}

# error at metrics_query: the fields .Series, .LabelMatchers
resource "promadapter_rule" "lower_case_field" {
  name         = "lower_case_field"
  series_query = "lower_case_field_requests_total{namespace!=\"\",pod!=\"\"}"
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
  metrics_query = "sum(rate(<<.series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# error at metrics_query: for example sum(rate(<<.Series>>
resource "promadapter_rule" "field_without_dot" {
  name         = "field_without_dot"
  series_query = "field_without_dot_requests_total{namespace!=\"\",pod!=\"\"}"
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
  metrics_query = "sum(rate(<<Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# error at metrics_query: write <<.Series>>
resource "promadapter_rule" "helm_delimiters" {
  name         = "helm_delimiters"
  series_query = "helm_delimiters_requests_total{namespace!=\"\",pod!=\"\"}"
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
  metrics_query = "sum(rate({{.Series}}{ {{.LabelMatchers}} }[1m])) by ({{.GroupBy}})"
}

# error at metrics_query: the delimiters << and >>
resource "promadapter_rule" "template_not_closed_in_query" {
  name         = "template_not_closed_in_query"
  series_query = "template_not_closed_in_query_requests_total{namespace!=\"\",pod!=\"\"}"
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
  metrics_query = "sum(rate(<<.Series>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# error at metrics_query: A field goes between << and >>
resource "promadapter_rule" "template_opened_once" {
  name         = "template_opened_once"
  series_query = "template_opened_once_requests_total{namespace!=\"\",pod!=\"\"}"
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
  metrics_query = "sum(rate(<<.Series>>{.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# error at metrics_query: Matchers go in braces
resource "promadapter_rule" "matchers_in_parentheses" {
  name         = "matchers_in_parentheses"
  series_query = "matchers_in_parentheses_requests_total{namespace!=\"\",pod!=\"\"}"
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
  metrics_query = "sum(rate(<<.Series>>(<<.LabelMatchers>>)[1m])) by (<<.GroupBy>>)"
}

# error at metrics_query: which Prometheus does not accept
resource "promadapter_rule" "brace_not_closed" {
  name         = "brace_not_closed"
  series_query = "brace_not_closed_requests_total{namespace!=\"\",pod!=\"\"}"
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
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>[1m])) by (<<.GroupBy>>)"
}

# error at metrics_query: 3 opening and 2 closing parentheses
resource "promadapter_rule" "parenthesis_not_closed" {
  name         = "parenthesis_not_closed"
  series_query = "parenthesis_not_closed_requests_total{namespace!=\"\",pod!=\"\"}"
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
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m]) by (<<.GroupBy>>)"
}

# error at metrics_query: by (<<.GroupBy>>)
resource "promadapter_rule" "group_by_without_by" {
  name         = "group_by_without_by"
  series_query = "group_by_without_by_requests_total{namespace!=\"\",pod!=\"\"}"
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
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) (<<.GroupBy>>)"
}

# error at metrics_query: which Prometheus does not accept
resource "promadapter_rule" "two_commas" {
  name         = "two_commas"
  series_query = "two_commas_requests_total{namespace!=\"\",pod!=\"\"}"
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
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>,,code=\"500\"}[1m])) by (<<.GroupBy>>)"
}

# error at metrics_query: Put the value of a matcher in quotes
resource "promadapter_rule" "matcher_without_quotes" {
  name         = "matcher_without_quotes"
  series_query = "matcher_without_quotes_requests_total{namespace!=\"\",pod!=\"\"}"
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
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>,code=500}[1m])) by (<<.GroupBy>>)"
}

# error at metrics_query: which Prometheus does not accept
resource "promadapter_rule" "quote_not_closed" {
  name         = "quote_not_closed"
  series_query = "quote_not_closed_requests_total{namespace!=\"\",pod!=\"\"}"
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
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>,code=\"500}[1m])) by (<<.GroupBy>>)"
}

# error at metrics_query: unknown function with name "rates"
resource "promadapter_rule" "unknown_function" {
  name         = "unknown_function"
  series_query = "unknown_function_requests_total{namespace!=\"\",pod!=\"\"}"
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
  metrics_query = "sum(rates(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# error at metrics_query: need a range: <<.Series>>{<<.LabelMatchers>>}[1m]
resource "promadapter_rule" "rate_without_range" {
  name         = "rate_without_range"
  series_query = "rate_without_range_requests_total{namespace!=\"\",pod!=\"\"}"
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
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>})) by (<<.GroupBy>>)"
}

# error at metrics_query: not rate(sum(...)[1m])
resource "promadapter_rule" "rate_of_a_sum" {
  name         = "rate_of_a_sum"
  series_query = "rate_of_a_sum_requests_total{namespace!=\"\",pod!=\"\"}"
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
  metrics_query = "rate(sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)[1m])"
}

# error at metrics_query: wrap a range in rate()
resource "promadapter_rule" "only_a_range" {
  name         = "only_a_range"
  series_query = "only_a_range_requests_total{namespace!=\"\",pod!=\"\"}"
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
  metrics_query = "<<.Series>>{<<.LabelMatchers>>}[1m]"
}

# error at metrics_query: which Prometheus does not accept
resource "promadapter_rule" "unit_of_duration_unknown" {
  name         = "unit_of_duration_unknown"
  series_query = "unit_of_duration_unknown_requests_total{namespace!=\"\",pod!=\"\"}"
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
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1min])) by (<<.GroupBy>>)"
}

# error at metrics_query: write a duration
resource "promadapter_rule" "variable_of_grafana" {
  name         = "variable_of_grafana"
  series_query = "variable_of_grafana_requests_total{namespace!=\"\",pod!=\"\"}"
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
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[$__rate_interval])) by (<<.GroupBy>>)"
}

# error at metrics_query: are YAML's: leave them out
resource "promadapter_rule" "yaml_quotes_in_query" {
  name         = "yaml_quotes_in_query"
  series_query = "yaml_quotes_in_query_requests_total{namespace!=\"\",pod!=\"\"}"
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
  metrics_query = "'sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)'"
}

# error at metrics_query: keep the label with by (<<.GroupBy>>)
resource "promadapter_rule" "sum_without_by" {
  name         = "sum_without_by"
  series_query = "sum_without_by_requests_total{namespace!=\"\",pod!=\"\"}"
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
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m]))"
}

# error at metrics_query: keep the label with by (<<.GroupBy>>)
resource "promadapter_rule" "by_a_label_that_is_not_mapped" {
  name         = "by_a_label_that_is_not_mapped"
  series_query = "by_a_label_that_is_not_mapped_requests_total{namespace!=\"\",pod!=\"\"}"
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
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (deployment)"
}

# error at metrics_query: keep the label with by (<<.GroupBy>>)
resource "promadapter_rule" "quantile_by_le_only" {
  name         = "quantile_by_le_only"
  series_query = "quantile_by_le_only_seconds_bucket{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "histogram_quantile(0.95, sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (le))"
}

# error at metrics_query: by (<<.GroupBy>>, le)
resource "promadapter_rule" "quantile_without_le" {
  name         = "quantile_without_le"
  series_query = "quantile_without_le_seconds_bucket{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "histogram_quantile(0.95, sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>))"
}

# error at metrics_query: group both sides in the same way
resource "promadapter_rule" "ratio_of_unlike_groups" {
  name         = "ratio_of_unlike_groups"
  series_query = "ratio_of_unlike_groups_requests_total{namespace!=\"\",pod!=\"\"}"
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
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>,code=\"500\"}[1m])) by (<<.GroupBy>>) / sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m]))"
}

# error at metrics_query: the adapter needs an instant vector
resource "promadapter_rule" "number_instead_of_values" {
  name         = "number_instead_of_values"
  series_query = "number_instead_of_values_requests_total{namespace!=\"\",pod!=\"\"}"
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
  metrics_query = "scalar(sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])))"
}

# warning at metrics_query: Use the gauge as it is
resource "promadapter_rule" "gauge_under_rate" {
  name         = "gauge_under_rate"
  series_query = "gauge_under_rate_queue_length{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# warning at metrics_query: Take its rate
resource "promadapter_rule" "counter_without_rate" {
  name         = "counter_without_rate"
  series_query = "counter_without_rate_requests_total{namespace!=\"\",pod!=\"\"}"
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
  metrics_query = "sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)"
}

# warning at metrics_query: Take its rate
resource "promadapter_rule" "buckets_without_rate" {
  name         = "buckets_without_rate"
  series_query = "buckets_without_rate_seconds_bucket{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "histogram_quantile(0.95, sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>, le))"
}

# warning at metrics_query: Use rate() or increase()
resource "promadapter_rule" "delta_of_a_counter" {
  name         = "delta_of_a_counter"
  series_query = "delta_of_a_counter_requests_total{namespace!=\"\",pod!=\"\"}"
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
  metrics_query = "sum(delta(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# warning at metrics_query: Use four, [2m], or more
resource "promadapter_rule" "window_below_two_scrapes" {
  name         = "window_below_two_scrapes"
  series_query = "window_below_two_scrapes_requests_total{namespace!=\"\",pod!=\"\"}"
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
  metrics_query   = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[30s])) by (<<.GroupBy>>)"
  scrape_interval = "30s"
}

# warning at metrics_query: Use four, [4m], or more
resource "promadapter_rule" "window_of_one_scrape_for_irate" {
  name         = "window_of_one_scrape_for_irate"
  series_query = "window_of_one_scrape_for_irate_requests_total{namespace!=\"\",pod!=\"\"}"
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
  metrics_query   = "sum(irate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
  scrape_interval = "1m"
}

# warning at metrics_query: this warning assumes that it does not scrape more often than every 5s
resource "promadapter_rule" "window_below_any_interval" {
  name         = "window_below_any_interval"
  series_query = "window_below_any_interval_requests_total{namespace!=\"\",pod!=\"\"}"
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
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[5s])) by (<<.GroupBy>>)"
}

# warning at metrics_query: Write the unit, for example [60s]
resource "promadapter_rule" "duration_without_unit" {
  name         = "duration_without_unit"
  series_query = "duration_without_unit_requests_total{namespace!=\"\",pod!=\"\"}"
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
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[60])) by (<<.GroupBy>>)"
}

# warning at metrics_query: write <<.Series>> for the name
resource "promadapter_rule" "series_written_out" {
  name         = "series_written_out"
  series_query = "series_written_out_requests_total{namespace!=\"\",pod!=\"\"}"
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
  metrics_query = "sum(rate(other_requests_total{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# warning at metrics_query: write <<.Series>>{<<.LabelMatchers>>}
resource "promadapter_rule" "label_matchers_missing" {
  name         = "label_matchers_missing"
  series_query = "label_matchers_missing_requests_total{namespace!=\"\",pod!=\"\"}"
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
  metrics_query = "sum(rate(<<.Series>>[1m])) by (<<.GroupBy>>)"
}

# warning at metrics_query: write by (<<.GroupBy>>)
resource "promadapter_rule" "label_written_out" {
  name         = "label_written_out"
  series_query = "label_written_out_requests_total{namespace!=\"\",pod!=\"\"}"
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
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (namespace)"
}

# warning at metrics_query: Group by (<<.GroupBy>>) alone
resource "promadapter_rule" "one_more_label_in_by" {
  name         = "one_more_label_in_by"
  series_query = "one_more_label_in_by_requests_total{namespace!=\"\",pod!=\"\"}"
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
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>, path)"
}

# warning at metrics_query: leave offset out
resource "promadapter_rule" "offset" {
  name         = "offset"
  series_query = "offset_requests_total{namespace!=\"\",pod!=\"\"}"
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
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m] offset 5m)) by (<<.GroupBy>>)"
}

# warning at metrics_query: leave @ out
resource "promadapter_rule" "fixed_time" {
  name         = "fixed_time"
  series_query = "fixed_time_requests_total{namespace!=\"\",pod!=\"\"}"
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
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m] @ end())) by (<<.GroupBy>>)"
}

# warning at metrics_query: write a range without a colon
resource "promadapter_rule" "subquery" {
  name         = "subquery"
  series_query = "subquery_requests_total{namespace!=\"\",pod!=\"\"}"
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
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[5m:])) by (<<.GroupBy>>)"
}

# warning at metrics_query: divide sums instead
resource "promadapter_rule" "average_of_averages" {
  name         = "average_of_averages"
  series_query = "average_of_averages_requests_total{namespace!=\"\",pod!=\"\"}"
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
  metrics_query = "avg(avg(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>, path)) by (<<.GroupBy>>)"
}

# warning at metrics_query: write pod=~ instead of pod=
resource "promadapter_rule" "values_compared_with_equals" {
  name         = "values_compared_with_equals"
  series_query = "values_compared_with_equals_requests_total{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      pod       = { resource = "pod" }
      namespace = { resource = "namespace" }
    }
  }
  metric_name = {
    matches = "^(.*)_total$"
    as      = "$${1}_per_second"
  }
  metrics_query = "sum(rate(<<.Series>>{namespace=\"<<index .LabelValuesByName \"namespace\">>\",pod=\"<<index .LabelValuesByName \"pod\">>\"}[1m])) by (pod)"
}

# argument error at scrape_interval: write a number with a unit
resource "promadapter_rule" "scrape_interval_without_unit" {
  name         = "scrape_interval_without_unit"
  series_query = "scrape_interval_without_unit_requests_total{namespace!=\"\",pod!=\"\"}"
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
  metrics_query   = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
  scrape_interval = "15"
}
