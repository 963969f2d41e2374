# Rules that are wrong in one way each, as people write them. The comment above a rule says the severity, the attribute, and a part of the message.

# error at metric_name.matches: does not compile
resource "promadapter_rule" "matches_not_closed" {
  name         = "matches_not_closed"
  series_query = "matches_not_closed_requests_total{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metric_name   = { matches = "^(.*_total$" }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# error at metric_name.matches: "Anything" is .* and not *.
resource "promadapter_rule" "matches_with_a_glob" {
  name         = "matches_with_a_glob"
  series_query = "matches_with_a_glob_requests_total{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metric_name   = { matches = "*_total" }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# error at metric_name.as: set as, for example as = "${1}_per_second"
resource "promadapter_rule" "two_groups_without_as" {
  name         = "two_groups_without_as"
  series_query = "two_groups_without_as_requests_total{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metric_name   = { matches = "^(.*)_(total|count)$" }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# warning at metric_name.as: Use one of the groups, or $0 for the whole match
resource "promadapter_rule" "as_beyond_the_groups" {
  name         = "as_beyond_the_groups"
  series_query = "as_beyond_the_groups_requests_total{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metric_name   = { matches = "^(.*)_total$", as = "$${2}_rate" }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# error at metric_name.as: write ${1}_per_second
resource "promadapter_rule" "as_without_braces" {
  name         = "as_without_braces"
  series_query = "as_without_braces_requests_total{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metric_name   = { matches = "^(.*)_total$", as = "$1_per_second" }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# warning at metric_name.as: Put parentheses around the part of matches to keep
resource "promadapter_rule" "capture_without_group" {
  name         = "capture_without_group"
  series_query = "capture_without_group_requests_total{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metric_name   = { matches = "^.*_total$", as = "$${1}_load" }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# warning at metric_name.as: Put parentheses around the part of matches
resource "promadapter_rule" "matches_misspelt" {
  name         = "matches_misspelt"
  series_query = "matches_misspelt_requests_total{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metric_name   = { match = "^(.*)_total$", as = "$${1}_per_minute" }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# error at metric_name.matches: use for example matches
resource "promadapter_rule" "matches_another_series" {
  name         = "matches_another_series"
  series_query = "matches_another_series_requests_total{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metric_name   = { matches = "^(.*)_count$", as = "$${1}_per_second" }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# error at metric_name.as: use letters, digits and underscores
resource "promadapter_rule" "name_with_a_slash" {
  name         = "name_with_a_slash"
  series_query = "name_with_a_slash_requests_total{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metric_name   = { as = "http/requests" }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# warning at metric_name.as: write $${1}
resource "promadapter_rule" "as_replaced_by_terraform" {
  name         = "as_replaced_by_terraform"
  series_query = "as_replaced_by_terraform_requests_total{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metric_name   = { matches = "^(.*)_total$", as = "${1}_per_second" }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# warning at metric_name.as: A capture group is written ${1}
resource "promadapter_rule" "as_with_brace_before_dollar" {
  name         = "as_with_brace_before_dollar"
  series_query = "as_with_brace_before_dollar_requests_total{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metric_name   = { matches = "^(.*)_total$", as = "{$1}_per_second" }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# warning at metric_name.as: A capture group is written ${1}
resource "promadapter_rule" "as_of_sed" {
  name         = "as_of_sed"
  series_query = "as_of_sed_requests_total{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metric_name   = { matches = "^(.*)_total$", as = "\\1_per_second" }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# warning at metric_name.as: Capture it, as in matches
resource "promadapter_rule" "as_is_only_the_suffix" {
  name         = "as_is_only_the_suffix"
  series_query = "as_is_only_the_suffix_requests_total{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metric_name   = { matches = "_total$", as = "_per_second" }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# warning at metric_name.as: name the series in series_query
resource "promadapter_rule" "one_name_for_several_series" {
  name         = "one_name_for_several_series"
  series_query = "{__name__=~\"^http_.*_total$\",namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metric_name   = { as = "http_load" }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# type error at metric_name: object required
resource "promadapter_rule" "metric_name_is_a_string" {
  name         = "metric_name_is_a_string"
  series_query = "metric_name_is_a_string_requests_total{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metric_name   = "http_requests_per_second"
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}
