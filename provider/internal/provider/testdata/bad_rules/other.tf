# Rules that are wrong in one way each, as people write them. The comment above a rule says the severity, the attribute, and a part of the message.

# argument error at kind: "custom" "external"
resource "promadapter_rule" "kind_misspelt" {
  name         = "kind_misspelt"
  kind         = "External"
  series_query = "kind_misspelt_requests_total{namespace!=\"\",pod!=\"\"}"
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

# argument error at wait_timeout: write a number with a unit
resource "promadapter_rule" "wait_timeout_without_unit" {
  name         = "wait_timeout_without_unit"
  series_query = "wait_timeout_without_unit_requests_total{namespace!=\"\",pod!=\"\"}"
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
  wait_timeout  = "120"
}

# argument error at await_series_in: name one, as in
resource "promadapter_rule" "await_series_of_no_fixed_metric" {
  name         = "await_series_of_no_fixed_metric"
  series_query = "{__name__=~\"^http_.*_total$\",namespace!=\"\",pod!=\"\"}"
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
  await_series_in = "app"
}

# argument error at name: use 1 to 63 letters
resource "promadapter_rule" "name_with_a_space" {
  name         = "http requests"
  series_query = "http_requests_total{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}
