# Valid rules, similar to those that are wrong in one way.

# none at -: -
resource "promadapter_rule" "rate_of_a_counter" {
  name         = "rate_of_a_counter"
  series_query = "rate_of_a_counter_requests_total{namespace!=\"\",pod!=\"\"}"
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

# none at -: -
resource "promadapter_rule" "gauge" {
  name         = "gauge"
  series_query = "gauge_queue_length{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)"
}

# none at -: -
resource "promadapter_rule" "gauge_as_it_is" {
  name         = "gauge_as_it_is"
  series_query = "gauge_as_it_is_queue_length{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "<<.Series>>{<<.LabelMatchers>>}"
}

# none at -: -
resource "promadapter_rule" "plural_resource_and_capitals" {
  name         = "plural_resource_and_capitals"
  series_query = "plural_resource_and_capitals_requests_total{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespaces" }
      pod       = { resource = "Pod" }
    }
  }
  metric_name = {
    matches = "^(.*)_total$"
    as      = "$${1}_per_second"
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# none at -: -
resource "promadapter_rule" "template" {
  name         = "template"
  series_query = "template_requests_total{namespace!=\"\",pod!=\"\"}"
  resources    = { template = "<<.Resource>>" }
  metric_name = {
    matches = "^(.*)_total$"
    as      = "$${1}_per_second"
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# none at -: -
resource "promadapter_rule" "template_beside_overrides" {
  name         = "template_beside_overrides"
  series_query = "template_beside_overrides_requests_total{exported_namespace!=\"\"}"
  resources = {
    template = "kube_<<.Resource>>"
    overrides = {
      exported_namespace = { resource = "namespace" }
    }
  }
  metric_name = {
    matches = "^(.*)_total$"
    as      = "$${1}_per_second"
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# none at -: -
resource "promadapter_rule" "deployment_in_its_group" {
  name         = "deployment_in_its_group"
  series_query = "deployment_in_its_group_requests_total{deployment!=\"\"}"
  resources = {
    overrides = {
      namespace  = { resource = "namespace" }
      deployment = { group = "apps", resource = "deployment" }
    }
  }
  metric_name = {
    matches = "^(.*)_total$"
    as      = "$${1}_per_second"
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# none at -: -
resource "promadapter_rule" "custom_resource" {
  name         = "custom_resource"
  series_query = "custom_resource_requests_total{gateway!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      gateway   = { group = "gateway.networking.k8s.io", resource = "gateway" }
    }
  }
  metric_name = {
    matches = "^(.*)_total$"
    as      = "$${1}_per_second"
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# none at -: -
resource "promadapter_rule" "node" {
  name         = "node"
  series_query = "node_requests_total{node!=\"\"}"
  resources = {
    overrides = {
      node = { resource = "node" }
    }
  }
  metric_name = {
    matches = "^(.*)_total$"
    as      = "$${1}_per_second"
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# none at -: -
resource "promadapter_rule" "series_by_pattern" {
  name           = "series_by_pattern"
  series_query   = "{__name__=~\"^http_.*_total$\",namespace!=\"\",pod!=\"\"}"
  series_filters = [{ is_not = "_bucket$" }]
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

# none at -: -
resource "promadapter_rule" "quantile" {
  name         = "quantile"
  series_query = "quantile_seconds_bucket{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "histogram_quantile(0.95, sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>, le))"
}

# none at -: -
resource "promadapter_rule" "ratio" {
  name         = "ratio"
  series_query = "ratio_requests_total{namespace!=\"\",pod!=\"\"}"
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
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>,code=~\"5..\"}[1m])) by (<<.GroupBy>>) / sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# none at -: -
resource "promadapter_rule" "compared_with_last_hour" {
  name         = "compared_with_last_hour"
  series_query = "compared_with_last_hour_requests_total{namespace!=\"\",pod!=\"\"}"
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
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>) - sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m] offset 5m)) by (<<.GroupBy>>)"
}

# none at -: -
resource "promadapter_rule" "window_of_two_scrapes" {
  name         = "window_of_two_scrapes"
  series_query = "window_of_two_scrapes_requests_total{namespace!=\"\",pod!=\"\"}"
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
  scrape_interval = "30s"
}

# none at -: -
resource "promadapter_rule" "window_with_unknown_interval" {
  name         = "window_with_unknown_interval"
  series_query = "window_with_unknown_interval_requests_total{namespace!=\"\",pod!=\"\"}"
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
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[15s])) by (<<.GroupBy>>)"
}

# none at -: -
resource "promadapter_rule" "condition_repeated" {
  name         = "condition_repeated"
  series_query = "condition_repeated_requests_total{code=\"500\",namespace!=\"\",pod!=\"\"}"
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
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>,code=\"500\"}[1m])) by (<<.GroupBy>>)"
}

# none at -: -
resource "promadapter_rule" "trailing_comma" {
  name         = "trailing_comma"
  series_query = "trailing_comma_requests_total{namespace!=\"\",pod!=\"\"}"
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
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>,}[1m])) by (<<.GroupBy>>)"
}

# none at -: -
resource "promadapter_rule" "fixed_name" {
  name         = "fixed_name"
  series_query = "fixed_name_requests_total{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metric_name   = { as = "fixed_name_load" }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# none at -: -
resource "promadapter_rule" "external_in_its_namespace" {
  name         = "external_in_its_namespace"
  kind         = "external"
  series_query = "external_in_its_namespace_queue_length{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
    }
  }
  metrics_query = "sum(<<.Series>>{<<.LabelMatchers>>})"
}

# none at -: -
resource "promadapter_rule" "external_for_all" {
  name          = "external_for_all"
  kind          = "external"
  series_query  = "external_for_all_queue_length"
  resources     = { namespaced = false }
  metrics_query = "sum(<<.Series>>{queue=\"orders\",<<.LabelMatchers>>})"
}

# none at -: -
resource "promadapter_rule" "external_number" {
  name          = "external_number"
  kind          = "external"
  series_query  = "external_number_queue_length"
  resources     = { namespaced = false }
  metrics_query = "scalar(sum(<<.Series>>{<<.LabelMatchers>>}))"
}
