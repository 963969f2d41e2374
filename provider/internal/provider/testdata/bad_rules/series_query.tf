# Rules that are wrong in one way each, as people write them. The comment above a rule says the severity, the attribute, and a part of the message.

# error at series_query: write a selector such as
resource "promadapter_rule" "series_query_empty" {
  name         = "series_query_empty"
  series_query = ""
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

# error at series_query: is not a Prometheus series selector
resource "promadapter_rule" "series_query_brace_not_closed" {
  name         = "series_query_brace_not_closed"
  series_query = "series_query_brace_not_closed_requests_total{pod!=\"\""
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

# error at series_query: Functions, ranges and operators belong in metrics_query
resource "promadapter_rule" "rate_in_series_query" {
  name         = "rate_in_series_query"
  series_query = "rate(rate_in_series_query_requests_total{pod!=\"\"}[1m])"
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

# error at series_query: Functions, ranges and operators belong in metrics_query
resource "promadapter_rule" "range_in_series_query" {
  name         = "range_in_series_query"
  series_query = "range_in_series_query_requests_total{pod!=\"\"}[5m]"
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

# error at series_query: Functions, ranges and operators belong in metrics_query
resource "promadapter_rule" "offset_in_series_query" {
  name         = "offset_in_series_query"
  series_query = "offset_in_series_query_requests_total offset 5m"
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

# error at series_query: Functions, ranges and operators belong in metrics_query
resource "promadapter_rule" "aggregation_in_series_query" {
  name         = "aggregation_in_series_query"
  series_query = "sum(aggregation_in_series_query_requests_total) by (pod)"
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

# error at series_query: Functions, ranges and operators belong in metrics_query
resource "promadapter_rule" "two_series_in_series_query" {
  name         = "two_series_in_series_query"
  series_query = "two_series_in_series_query_requests_total{pod!=\"\"} or other_requests_total{pod!=\"\"}"
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

# error at series_query: Put the value of a matcher in quotes
resource "promadapter_rule" "series_query_matcher_without_quotes" {
  name         = "series_query_matcher_without_quotes"
  series_query = "series_query_matcher_without_quotes_requests_total{namespace=app}"
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

# error at series_query: It is not a template
resource "promadapter_rule" "template_in_series_query" {
  name         = "template_in_series_query"
  series_query = "<<.Series>>{pod!=\"\"}"
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

# error at series_query: are YAML's: leave them out
resource "promadapter_rule" "yaml_quotes_in_series_query" {
  name         = "yaml_quotes_in_series_query"
  series_query = "'yaml_quotes_in_series_query_requests_total{pod!=\"\"}'"
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

# error at series_query: is not a Prometheus series selector
resource "promadapter_rule" "helm_braces_in_series_query" {
  name         = "helm_braces_in_series_query"
  series_query = "{{ .Values.metric }}"
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

# error at series_query: missing closing )
resource "promadapter_rule" "series_query_bad_regexp" {
  name         = "series_query_bad_regexp"
  series_query = "{__name__=~\"^http_(requests\",pod!=\"\"}"
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

# error at series_query: at least one matcher must exclude the empty value
resource "promadapter_rule" "series_query_selects_everything" {
  name         = "series_query_selects_everything"
  series_query = "{pod=~\".*\"}"
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

# error at series_query: write a selector such as
resource "promadapter_rule" "dash_in_series_name" {
  name         = "dash_in_series_name"
  series_query = "http-requests-total{pod!=\"\"}"
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

# warning at resources.overrides["pod"]: write pod!=""
resource "promadapter_rule" "series_query_excludes_the_mapped_label" {
  name         = "series_query_excludes_the_mapped_label"
  series_query = "series_query_excludes_the_mapped_label_requests_total{namespace!=\"\",pod=\"\"}"
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

# warning at resources.overrides["kubernetes_namespace"]: write namespace = { resource = "namespace" }
resource "promadapter_rule" "series_query_asks_for_another_label" {
  name         = "series_query_asks_for_another_label"
  series_query = "series_query_asks_for_another_label_requests_total{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      kubernetes_namespace = { resource = "namespace" }
      pod                  = { resource = "pod" }
    }
  }
  metric_name = {
    matches = "^(.*)_total$"
    as      = "$${1}_per_second"
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# warning at metrics_query: Repeat it, as in <<.Series>>{<<.LabelMatchers>>,reporter="destination"}
resource "promadapter_rule" "condition_only_in_series_query" {
  name         = "condition_only_in_series_query"
  series_query = "condition_only_in_series_query_requests_total{reporter=\"destination\",namespace!=\"\",pod!=\"\"}"
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

# type error at series_query: string required
resource "promadapter_rule" "series_query_is_a_list" {
  name         = "series_query_is_a_list"
  series_query = ["http_requests_total"]
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

# type error at seriesQuery: An argument named "seriesQuery" is not expected here
resource "promadapter_rule" "seriesQuery_of_the_adapters_yaml" {
  name         = "seriesQuery_of_the_adapters_yaml"
  series_query = "seriesQuery_of_the_adapters_yaml_requests_total{namespace!=\"\",pod!=\"\"}"
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
  seriesQuery   = "http_requests_total"
}
