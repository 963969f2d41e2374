# Rules that are wrong in one way each, as people write them. The comment above a rule says the severity, the attribute, and a part of the message.

# error at resources: set one, for example overrides =
resource "promadapter_rule" "resources_missing" {
  name         = "resources_missing"
  series_query = "resources_missing_requests_total{namespace!=\"\",pod!=\"\"}"
  metric_name = {
    matches = "^(.*)_total$"
    as      = "$${1}_per_second"
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# error at resources: The labels go inside overrides, not next to it
resource "promadapter_rule" "overrides_empty_beside_its_children" {
  name         = "overrides_empty_beside_its_children"
  series_query = "overrides_empty_beside_its_children_requests_total{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {}
    namespace = { resource = "namespace" }
    pod       = { resource = "pod" }
  }
  metric_name = {
    matches = "^(.*)_total$"
    as      = "$${1}_per_second"
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# error at resources: look for one that is misspelt
resource "promadapter_rule" "overrides_misspelt" {
  name         = "overrides_misspelt"
  series_query = "overrides_misspelt_requests_total{namespace!=\"\",pod!=\"\"}"
  resources = {
    override = {
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

# type error at resources: object required
resource "promadapter_rule" "override_is_a_string" {
  name         = "override_is_a_string"
  series_query = "override_is_a_string_requests_total{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = "pod"
    }
  }
  metric_name = {
    matches = "^(.*)_total$"
    as      = "$${1}_per_second"
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# type error at resources: Did you mean to define argument "resources"?
resource "promadapter_rule" "resources_as_a_block" {
  name         = "resources_as_a_block"
  series_query = "resources_as_a_block_requests_total{namespace!=\"\",pod!=\"\"}"
  resources {
    overrides = {
      namespace = { resource = "namespace" }
    }
  }
  metric_name = {
    matches = "^(.*)_total$"
    as      = "$${1}_per_second"
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# type error at resources: attribute "resource" is required
resource "promadapter_rule" "override_without_resource" {
  name         = "override_without_resource"
  series_query = "override_without_resource_requests_total{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { group = "" }
    }
  }
  metric_name = {
    matches = "^(.*)_total$"
    as      = "$${1}_per_second"
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# type error at resources: object required
resource "promadapter_rule" "resources_is_a_string" {
  name         = "resources_is_a_string"
  series_query = "resources_is_a_string_requests_total{namespace!=\"\",pod!=\"\"}"
  resources    = "pod"
  metric_name = {
    matches = "^(.*)_total$"
    as      = "$${1}_per_second"
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# type error at resources: a bool is required
resource "promadapter_rule" "namespaced_is_not_a_bool" {
  name         = "namespaced_is_not_a_bool"
  kind         = "external"
  series_query = "namespaced_is_not_a_bool_requests_total{namespace!=\"\",pod!=\"\"}"
  resources    = { namespaced = "no" }
  metric_name = {
    matches = "^(.*)_total$"
    as      = "$${1}_per_second"
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# error at resources.overrides["pod"].resource: resource = "pod"
resource "promadapter_rule" "override_with_empty_resource" {
  name         = "override_with_empty_resource"
  series_query = "override_with_empty_resource_requests_total{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "" }
    }
  }
  metric_name = {
    matches = "^(.*)_total$"
    as      = "$${1}_per_second"
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# error at resources.overrides["pod"].resource: Write resource = "pod"
resource "promadapter_rule" "resource_short_name" {
  name         = "resource_short_name"
  series_query = "resource_short_name_requests_total{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "po" }
    }
  }
  metric_name = {
    matches = "^(.*)_total$"
    as      = "$${1}_per_second"
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# error at resources.overrides["deployment"].group: write group = "apps" and not "apps/v1"
resource "promadapter_rule" "group_with_version" {
  name         = "group_with_version"
  series_query = "group_with_version_requests_total{deployment!=\"\"}"
  resources = {
    overrides = {
      namespace  = { resource = "namespace" }
      deployment = { group = "apps/v1", resource = "deployment" }
    }
  }
  metric_name = {
    matches = "^(.*)_total$"
    as      = "$${1}_per_second"
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# error at resources.overrides["ingress"].group: Write group = "networking.k8s.io"
# the cluster decides
resource "promadapter_rule" "retired_group" {
  name         = "retired_group"
  series_query = "retired_group_requests_total{ingress!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      ingress   = { group = "extensions", resource = "ingress" }
    }
  }
  metric_name = {
    matches = "^(.*)_total$"
    as      = "$${1}_per_second"
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# error at resources.overrides["deployment"].group: Write group = "apps"
resource "promadapter_rule" "resource_in_another_group" {
  name         = "resource_in_another_group"
  series_query = "resource_in_another_group_requests_total{deployment!=\"\"}"
  resources = {
    overrides = {
      namespace  = { resource = "namespace" }
      deployment = { group = "batch", resource = "deployment" }
    }
  }
  metric_name = {
    matches = "^(.*)_total$"
    as      = "$${1}_per_second"
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# error at resources.overrides["pod"].group: leave group out
resource "promadapter_rule" "pod_in_a_group" {
  name         = "pod_in_a_group"
  series_query = "pod_in_a_group_requests_total{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { group = "apps", resource = "pod" }
    }
  }
  metric_name = {
    matches = "^(.*)_total$"
    as      = "$${1}_per_second"
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# error at resources.overrides["rollout"].group: See kubectl api-resources
resource "promadapter_rule" "unknown_group" {
  name         = "unknown_group"
  series_query = "unknown_group_requests_total{rollout!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      rollout   = { group = "argoproj", resource = "rollout" }
    }
  }
  metric_name = {
    matches = "^(.*)_total$"
    as      = "$${1}_per_second"
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# warning at resources.overrides["service"].resource: check the spelling with kubectl api-resources
# the cluster decides
resource "promadapter_rule" "resource_misspelt" {
  name         = "resource_misspelt"
  series_query = "resource_misspelt_requests_total{service!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      service   = { resource = "servce" }
    }
  }
  metric_name = {
    matches = "^(.*)_total$"
    as      = "$${1}_per_second"
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# error at resources.overrides["pod"].resource: kubernetes_pod_name = { resource = "pod" }
resource "promadapter_rule" "label_and_resource_swapped" {
  name         = "label_and_resource_swapped"
  series_query = "label_and_resource_swapped_requests_total{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace = { resource = "namespace" }
      pod       = { resource = "kubernetes_pod_name" }
    }
  }
  metric_name = {
    matches = "^(.*)_total$"
    as      = "$${1}_per_second"
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# error at resources.overrides["deployment"].resource: its API group as group = "apps"
resource "promadapter_rule" "resource_with_group" {
  name         = "resource_with_group"
  series_query = "resource_with_group_requests_total{deployment!=\"\"}"
  resources = {
    overrides = {
      namespace  = { resource = "namespace" }
      deployment = { resource = "deployments.apps" }
    }
  }
  metric_name = {
    matches = "^(.*)_total$"
    as      = "$${1}_per_second"
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# error at resources.overrides["app.kubernetes.io/name"]: is not a Prometheus label name
resource "promadapter_rule" "label_of_kubernetes" {
  name         = "label_of_kubernetes"
  series_query = "label_of_kubernetes_requests_total{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      namespace                = { resource = "namespace" }
      "app.kubernetes.io/name" = { resource = "service" }
    }
  }
  metric_name = {
    matches = "^(.*)_total$"
    as      = "$${1}_per_second"
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# warning at resources.overrides["__meta_kubernetes_pod_name"]: take the label that it was copied to
resource "promadapter_rule" "label_before_relabelling" {
  name         = "label_before_relabelling"
  series_query = "label_before_relabelling_requests_total{namespace!=\"\"}"
  resources = {
    overrides = {
      namespace                  = { resource = "namespace" }
      __meta_kubernetes_pod_name = { resource = "pod" }
    }
  }
  metric_name = {
    matches = "^(.*)_total$"
    as      = "$${1}_per_second"
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# warning at resources.overrides["namespace"]: Keep the label that is always set
resource "promadapter_rule" "two_labels_for_one_resource" {
  name         = "two_labels_for_one_resource"
  series_query = "two_labels_for_one_resource_requests_total{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      exported_namespace = { resource = "namespace" }
      namespace          = { resource = "namespace" }
      pod                = { resource = "pod" }
    }
  }
  metric_name = {
    matches = "^(.*)_total$"
    as      = "$${1}_per_second"
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# error at resources.overrides: add namespace = { resource = "namespace" }
resource "promadapter_rule" "namespace_not_mapped" {
  name         = "namespace_not_mapped"
  series_query = "namespace_not_mapped_requests_total{namespace!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      pod = { resource = "pod" }
    }
  }
  metric_name = {
    matches = "^(.*)_total$"
    as      = "$${1}_per_second"
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# warning at resources.overrides: add namespace = { resource = "namespace" }
resource "promadapter_rule" "namespace_not_mapped_beside_nodes" {
  name         = "namespace_not_mapped_beside_nodes"
  series_query = "namespace_not_mapped_beside_nodes_requests_total{node!=\"\",pod!=\"\"}"
  resources = {
    overrides = {
      node = { resource = "node" }
      pod  = { resource = "pod" }
    }
  }
  metric_name = {
    matches = "^(.*)_total$"
    as      = "$${1}_per_second"
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# error at resources.template: must use the latter
resource "promadapter_rule" "template_without_resource" {
  name         = "template_without_resource"
  series_query = "template_without_resource_requests_total{namespace!=\"\",pod!=\"\"}"
  resources    = { template = "kube_pod" }
  metric_name = {
    matches = "^(.*)_total$"
    as      = "$${1}_per_second"
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# error at resources.template: the delimiters << and >>
resource "promadapter_rule" "template_with_braces" {
  name         = "template_with_braces"
  series_query = "template_with_braces_requests_total{namespace!=\"\",pod!=\"\"}"
  resources    = { template = "{{.Resource}}" }
  metric_name = {
    matches = "^(.*)_total$"
    as      = "$${1}_per_second"
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# error at resources.template: the fields .Group and .Resource
resource "promadapter_rule" "template_with_unknown_field" {
  name         = "template_with_unknown_field"
  series_query = "template_with_unknown_field_requests_total{namespace!=\"\",pod!=\"\"}"
  resources    = { template = "<<.Resources>>" }
  metric_name = {
    matches = "^(.*)_total$"
    as      = "$${1}_per_second"
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# error at resources.template: the delimiters << and >>
resource "promadapter_rule" "template_not_closed" {
  name         = "template_not_closed"
  series_query = "template_not_closed_requests_total{namespace!=\"\",pod!=\"\"}"
  resources    = { template = "kube_<<.Resource" }
  metric_name = {
    matches = "^(.*)_total$"
    as      = "$${1}_per_second"
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# error at resources.template: letters, digits and underscores
resource "promadapter_rule" "template_with_a_dash" {
  name         = "template_with_a_dash"
  series_query = "template_with_a_dash_requests_total{namespace!=\"\",pod!=\"\"}"
  resources    = { template = "kube-<<.Resource>>" }
  metric_name = {
    matches = "^(.*)_total$"
    as      = "$${1}_per_second"
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# warning at resources.template: Leave .Group out, as in kube_<<.Resource>>
resource "promadapter_rule" "template_with_the_group" {
  name         = "template_with_the_group"
  series_query = "template_with_the_group_requests_total{kube_apps_deployment!=\"\"}"
  resources    = { template = "kube_<<.Group>>_<<.Resource>>" }
  metric_name = {
    matches = "^(.*)_total$"
    as      = "$${1}_per_second"
  }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}

# warning at resources.namespaced: only for kind = "external"
resource "promadapter_rule" "namespaced_for_a_custom_metric" {
  name         = "namespaced_for_a_custom_metric"
  series_query = "namespaced_for_a_custom_metric_requests_total{namespace!=\"\",pod!=\"\"}"
  resources = {
    namespaced = false
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
