# Conditions on labels that do not do what they say.

# warning at metrics_query: Repeat it, as in <<.Series>>{<<.LabelMatchers>>,route!~"/(live|ready)"}
resource "promadapter_rule" "negative_condition" {
  name         = "negative_condition"
  series_query = "negative_condition_requests_total{namespace!=\"\",pod!=\"\",route!~\"/(live|ready)\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# warning at metrics_query: Repeat it, as in <<.Series>>{<<.LabelMatchers>>,code!="404"}
resource "promadapter_rule" "negative_condition_on_a_text" {
  name         = "negative_condition_on_a_text"
  series_query = "negative_condition_on_a_text_requests_total{namespace!=\"\",pod!=\"\",code!=\"404\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# warning at metrics_query: Repeat it, as in <<.Series>>{<<.LabelMatchers>>,container=""}
resource "promadapter_rule" "condition_that_a_label_is_absent" {
  name         = "condition_that_a_label_is_absent"
  series_query = "condition_that_a_label_is_absent_requests_total{namespace!=\"\",pod!=\"\",container=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# warning at metrics_query: {<<.LabelMatchers>>,route!~"/live|/ready"}
resource "promadapter_rule" "negative_condition_besides_a_repeated_one" {
  name         = "negative_condition_besides_a_repeated_one"
  series_query = "negative_condition_besides_a_repeated_one_requests_total{namespace!=\"\",pod!=\"\",code=\"500\",route!~\"/live|/ready\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>,code=\"500\"}[1m])) by (<<.GroupBy>>)"
}

# warning at metrics_query: write status=~"5.."
resource "promadapter_rule" "equals_with_a_pattern" {
  name         = "equals_with_a_pattern"
  series_query = "equals_with_a_pattern_requests_total{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "sum(rate(<<.Series>>{status=\"5..\",<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# warning at metrics_query: write method!~"GET|HEAD"
resource "promadapter_rule" "equals_with_alternatives" {
  name         = "equals_with_alternatives"
  series_query = "equals_with_alternatives_requests_total{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>,method!=\"GET|HEAD\"}[1m])) by (<<.GroupBy>>)"
}

# warning at metrics_query: write path=~"/api/.*"
resource "promadapter_rule" "equals_with_anything" {
  name         = "equals_with_anything"
  series_query = "equals_with_anything_requests_total{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>,path=\"/api/.*\"}[1m])) by (<<.GroupBy>>)"
}

# warning at metrics_query: write code=~"5[0-9]+"
resource "promadapter_rule" "equals_with_a_class" {
  name         = "equals_with_a_class"
  series_query = "equals_with_a_class_requests_total{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>,code=\"5[0-9]+\"}[1m])) by (<<.GroupBy>>)"
}

# warning at series_query: write code=~"5.."
resource "promadapter_rule" "equals_with_a_pattern_in_series_query" {
  name         = "equals_with_a_pattern_in_series_query"
  series_query = "equals_with_a_pattern_in_series_query_requests_total{namespace!=\"\",pod!=\"\",code=\"5..\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# error at series_query: leave one of the two matchers out
resource "promadapter_rule" "both_with_and_without_a_label" {
  name         = "both_with_and_without_a_label"
  series_query = "both_with_and_without_a_label_requests_total{namespace!=\"\",pod!=\"\",code=\"\",code!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "pod" }
    }
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}
