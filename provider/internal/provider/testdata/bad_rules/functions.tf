# Functions that do not suit the series, and queries that cannot read it.

# warning at metrics_query: keep the label le
resource "promadapter_rule" "buckets_summed" {
  name         = "buckets_summed"
  series_query = "buckets_summed_seconds_bucket{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# warning at metrics_query: keep the label le
resource "promadapter_rule" "buckets_averaged" {
  name         = "buckets_averaged"
  series_query = "buckets_averaged_seconds_bucket{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "avg(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# warning at metrics_query: keep the label le
resource "promadapter_rule" "buckets_summed_without_le" {
  name         = "buckets_summed_without_le"
  series_query = "buckets_summed_without_le_seconds_bucket{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) without (le)"
}

# warning at metrics_query: keep the label le
resource "promadapter_rule" "buckets_summed_of_two_bounds" {
  name         = "buckets_summed_of_two_bounds"
  series_query = "buckets_summed_of_two_bounds_seconds_bucket{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>,le=~\"0.1|1\"}[1m])) by (<<.GroupBy>>)"
}

# warning at metrics_query: keep the label le
resource "promadapter_rule" "buckets_by_pattern_summed" {
  name         = "buckets_by_pattern_summed"
  series_query = "{__name__=~\"^buckets_by_pattern_.+_bucket$\",namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# warning at metrics_query: series whose names are all those of counters
resource "promadapter_rule" "delta_of_totals_by_pattern" {
  name         = "delta_of_totals_by_pattern"
  series_query = "{__name__=~\"^delta_of_totals_.+_total$\",namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metric_name = {
    matches = "^(.*)_total$"
    as      = "$${1}_per_minute"
  }
  metrics_query = "sum(delta(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# warning at metrics_query: series whose names are all those of counters
resource "promadapter_rule" "deriv_of_totals_by_name" {
  name         = "deriv_of_totals_by_name"
  series_query = "{__name__=~\"^deriv_of_totals_.+\",namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metric_name = {
    matches = "^(.*)_(?:total|count)$"
  }
  metrics_query = "sum(deriv(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# warning at metrics_query: series whose names are all those of counters
resource "promadapter_rule" "delta_of_totals_by_filter" {
  name           = "delta_of_totals_by_filter"
  series_query   = "{__name__=~\"^delta_of_filtered_.+\",namespace!=\"\",pod!=\"\"}"
  series_filters = [{ is = "_(total|sum)$" }]
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "sum(delta(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# warning at metrics_query: Take its rate
resource "promadapter_rule" "totals_by_pattern_without_rate" {
  name         = "totals_by_pattern_without_rate"
  series_query = "{__name__=~\"^totals_without_rate_.+_total$\",namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)"
}

# error at metrics_query: Write sum(rate({"<<.Series>>",<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)
resource "promadapter_rule" "dotted_name" {
  name         = "dotted_name"
  series_query = "{\"dotted.name.count\",namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metric_name   = { as = "dotted_name_per_second" }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# error at metrics_query: Write sum({"<<.Series>>"}) by (<<.GroupBy>>)
resource "promadapter_rule" "dotted_name_without_braces" {
  name         = "dotted_name_without_braces"
  series_query = "{\"dotted.name.length\",namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metric_name   = { as = "dotted_name_length" }
  metrics_query = "sum(<<.Series>>) by (<<.GroupBy>>)"
}

# error at metrics_query: Write sum({"<<.Series>>",<<.LabelMatchers>>}) by (<<.GroupBy>>)
resource "promadapter_rule" "name_with_a_dash" {
  name         = "name_with_a_dash"
  series_query = "{\"name-with-a-dash\",namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metric_name   = { as = "name_with_a_dash" }
  metrics_query = "sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)"
}

# error at metrics_query: Write sum(rate({"<<.Series>>",<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)
resource "promadapter_rule" "dotted_names_by_pattern" {
  name         = "dotted_names_by_pattern"
  series_query = "{__name__=~\"dotted\\\\.pattern\\\\.(x|y)_total\",namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# error at metrics_query: The comma after the opening brace is the mistake
resource "promadapter_rule" "comma_behind_the_brace" {
  name         = "comma_behind_the_brace"
  series_query = "comma_behind_the_brace_requests_total{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "sum(rate(<<.Series>>{,<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# error at metrics_query: The comma after the opening brace is the mistake
resource "promadapter_rule" "comma_behind_the_brace_and_a_space" {
  name         = "comma_behind_the_brace_and_a_space"
  series_query = "comma_behind_the_brace_and_a_space_requests_total{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "sum(rate(<<.Series>>{ , code=\"500\", <<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# error at metrics_query: by and without belong to an aggregation
resource "promadapter_rule" "by_behind_rate" {
  name         = "by_behind_rate"
  series_query = "by_behind_rate_requests_total{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "rate(<<.Series>>{<<.LabelMatchers>>}[1m]) by (<<.GroupBy>>)"
}

# error at metrics_query: by and without belong to an aggregation
resource "promadapter_rule" "by_behind_a_quotient" {
  name         = "by_behind_a_quotient"
  series_query = "by_behind_a_quotient_requests{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "(sum(<<.Series>>{<<.LabelMatchers>>}) / 2) by (<<.GroupBy>>)"
}

# error at metrics_query: by and without belong to an aggregation
resource "promadapter_rule" "without_behind_a_function" {
  name         = "without_behind_a_function"
  series_query = "without_behind_a_function_requests{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "round(<<.Series>>{<<.LabelMatchers>>}) without (code)"
}
