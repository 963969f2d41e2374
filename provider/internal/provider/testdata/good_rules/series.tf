# Functions, conditions and names that suit the series.

# none at -: -
resource "promadapter_rule" "native_histogram" {
  name         = "native_histogram"
  series_query = "native_histogram_seconds{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "histogram_quantile(0.9, sum(rate(<<.Series>>{<<.LabelMatchers>>}[5m])) by (<<.GroupBy>>))"
}

# none at -: -
resource "promadapter_rule" "native_histogram_fraction" {
  name         = "native_histogram_fraction"
  series_query = "native_histogram_fraction_seconds{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "histogram_fraction(0, 0.2, sum(rate(<<.Series>>{<<.LabelMatchers>>}[5m])) by (<<.GroupBy>>))"
}

# none at -: -
resource "promadapter_rule" "native_histogram_average" {
  name         = "native_histogram_average"
  series_query = "native_histogram_average_seconds{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "histogram_avg(sum(increase(<<.Series>>{<<.LabelMatchers>>}[5m])) by (<<.GroupBy>>))"
}

# none at -: -
resource "promadapter_rule" "native_histogram_count" {
  name         = "native_histogram_count"
  series_query = "native_histogram_count_seconds{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "sum(histogram_count(rate(<<.Series>>{<<.LabelMatchers>>}[5m]))) by (<<.GroupBy>>)"
}

# none at -: -
resource "promadapter_rule" "native_histogram_sum_by_count" {
  name         = "native_histogram_sum_by_count"
  series_query = "native_histogram_sum_by_count_seconds{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "histogram_sum(sum(rate(<<.Series>>{<<.LabelMatchers>>}[5m])) by (<<.GroupBy>>)) / histogram_count(sum(rate(<<.Series>>{<<.LabelMatchers>>}[5m])) by (<<.GroupBy>>))"
}

# none at -: -
resource "promadapter_rule" "counter_of_the_ingress_controller" {
  name         = "counter_of_the_ingress_controller"
  series_query = "nginx_ingress_controller_requests{namespace!=\"\",service!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      service   = { resource = "service" }
    }
  }
  metric_name   = { as = "ingress_requests_per_second" }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# none at -: -
resource "promadapter_rule" "counter_of_nginx" {
  name         = "counter_of_nginx"
  series_query = "nginx_connections_accepted{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "sum(increase(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# none at -: -
resource "promadapter_rule" "buckets_of_one_bound" {
  name         = "buckets_of_one_bound"
  series_query = "buckets_of_one_bound_seconds_bucket{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>,le=\"+Inf\"}[1m])) by (<<.GroupBy>>)"
}

# none at -: -
resource "promadapter_rule" "buckets_of_one_bound_by_pattern" {
  name         = "buckets_of_one_bound_by_pattern"
  series_query = "buckets_of_one_bound_by_pattern_seconds_bucket{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>,le=~\"0\\\\.1\"}[1m])) by (<<.GroupBy>>)"
}

# none at -: -
resource "promadapter_rule" "buckets_by_pattern" {
  name         = "buckets_by_pattern"
  series_query = "{__name__=~\"^buckets_by_name_.+_bucket$\",namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "histogram_quantile(0.9, sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>, le))"
}

# none at -: -
resource "promadapter_rule" "delta_of_some_series" {
  name         = "delta_of_some_series"
  series_query = "{__name__=~\"^delta_of_some_.+(_total)?$\",namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "sum(delta(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# none at -: -
resource "promadapter_rule" "delta_of_totals_or_others" {
  name         = "delta_of_totals_or_others"
  series_query = "{__name__=~\"^delta_of_others_(.+_total|depth)$\",namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "sum(delta(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# none at -: -
resource "promadapter_rule" "texts_like_patterns" {
  name         = "texts_like_patterns"
  series_query = "texts_like_patterns_requests_total{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>,path=\"/static/*\",route=\"/users/{id}\",code!=\"5xx\",host!=\"10.0.0.1:80\",page!=\"/[user-id]\",version!=\"1.2..3\"}[1m])) by (<<.GroupBy>>)"
}

# none at -: -
resource "promadapter_rule" "negative_condition_repeated" {
  name         = "negative_condition_repeated"
  series_query = "negative_condition_repeated_requests_total{namespace!=\"\",pod!=\"\",route!~\"/(live|ready)\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>,route!~\"/(live|ready)\"}[1m])) by (<<.GroupBy>>)"
}

# none at -: -
resource "promadapter_rule" "negative_condition_on_a_mapped_label" {
  name         = "negative_condition_on_a_mapped_label"
  series_query = "negative_condition_on_a_mapped_label_requests_total{namespace!~\"kube-.*|\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# none at -: -
resource "promadapter_rule" "label_that_must_be_there" {
  name         = "label_that_must_be_there"
  series_query = "label_that_must_be_there_requests_total{namespace!=\"\",pod!=\"\",route!=\"\",code=~\".+\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# none at -: -
resource "promadapter_rule" "dotted_name_in_quotes" {
  name         = "dotted_name_in_quotes"
  series_query = "{\"dotted.name.quoted\",namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metric_name   = { as = "dotted_name_quoted" }
  metrics_query = "sum({\"<<.Series>>\",<<.LabelMatchers>>}) by (<<.GroupBy>>)"
}

# none at -: -
resource "promadapter_rule" "dotted_name_as_a_matcher" {
  name         = "dotted_name_as_a_matcher"
  series_query = "{\"dotted.name.matcher\",namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metric_name   = { as = "dotted_name_matcher" }
  metrics_query = "sum({__name__=\"<<.Series>>\",<<.LabelMatchers>>}) by (<<.GroupBy>>)"
}

# none at -: -
resource "promadapter_rule" "dots_that_are_any_character" {
  name         = "dots_that_are_any_character"
  series_query = "{__name__=~\"dots.any.(x|y)_total\",namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}
