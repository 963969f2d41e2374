// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/rule"
)

const (
	defaultConfigKey   = "config.yaml"
	defaultWaitTimeout = "2m"
)

// Schema describes the resource. Attributes that come from the provider block by default get their value in ModifyPlan.
func (r *RuleResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	replace := []planmodifier.String{stringplanmodifier.RequiresReplace()}
	notEmpty := []validator.String{stringvalidator.LengthAtLeast(1)}
	resp.Schema = schema.Schema{
		MarkdownDescription: "One rule of prometheus-adapter. The rule is written to the adapter's config map, where other rules and comments stay as they are; " +
			"then the adapter is rolled, and the metric awaited in the metrics API.",
		Attributes: map[string]schema.Attribute{
			"name": schema.StringAttribute{
				Required: true, PlanModifiers: replace, Validators: []validator.String{ruleName{}},
				MarkdownDescription: "Name of the rule, its identity within the config map: 1 to 63 letters, digits, dots, dashes and underscores. Another name makes another rule.",
			},
			"namespace": schema.StringAttribute{
				Optional: true, Computed: true, Validators: notEmpty,
				MarkdownDescription: "Namespace of the config map and the adapter's Deployment. Defaults to the provider's `namespace`. A change moves the rule by replacing it.",
			},
			"config_map": schema.StringAttribute{
				Optional: true, Computed: true, Validators: notEmpty,
				MarkdownDescription: "Config map with the adapter's rules; it is created if it does not exist. Defaults to the provider's `config_map`. A change moves the rule by replacing it.",
			},
			"config_key": schema.StringAttribute{
				Optional: true, Computed: true, Default: stringdefault.StaticString(defaultConfigKey), Validators: notEmpty, PlanModifiers: replace,
				MarkdownDescription: "Key of the config map under which the adapter's configuration stands. Defaults to `" + defaultConfigKey + "`.",
			},
			"deployment": schema.StringAttribute{
				Optional: true, Computed: true,
				MarkdownDescription: "Deployment of the adapter, which loads its rules only when it starts and is therefore rolled after a change. " +
					"Defaults to the provider's `deployment`; an empty string means that something else makes the adapter load its rules.",
			},
			"kind": schema.StringAttribute{
				Optional: true, Computed: true, Default: stringdefault.StaticString(string(rule.KindCustom)), PlanModifiers: replace,
				Validators: []validator.String{stringvalidator.OneOf(string(rule.KindCustom), string(rule.KindExternal))},
				MarkdownDescription: "`custom` for a metric of Kubernetes objects such as pods (custom.metrics.k8s.io, the default), " +
					"`external` for one that belongs to nothing in the cluster (external.metrics.k8s.io).",
			},
			"series_query": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Prometheus series selector for the series that the rule is about, for example `heavywork_requests_total{namespace!=\"\",pod!=\"\"}`.",
			},
			"series_filters": filtersSchema(),
			"resources":      resourcesSchema(),
			"metric_name":    metricNameSchema(),
			"metrics_query": schema.StringAttribute{
				Required: true,
				MarkdownDescription: "Go template with the delimiters `<<` and `>>` of the PromQL query for the metric's values; fields are `.Series`, `.LabelMatchers`, `.GroupBy`, `.LabelValuesByName` and `.GroupBySlice`. " +
					"For example `sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)`.",
			},
			"wait": schema.BoolAttribute{
				Optional: true, Computed: true, Default: booldefault.StaticBool(true),
				MarkdownDescription: "Wait until the adapter has rolled and lists the metric. The adapter lists a metric only while Prometheus has a series for it. Defaults to `true`.",
			},
			"wait_timeout": schema.StringAttribute{
				Optional: true, Computed: true, Default: stringdefault.StaticString(defaultWaitTimeout), Validators: []validator.String{positiveDuration{}},
				MarkdownDescription: "How long to wait, as a duration such as `90s` or `5m`. Defaults to `" + defaultWaitTimeout + "`.",
			},
			"await_series_in": schema.StringAttribute{
				Optional: true, Validators: notEmpty,
				MarkdownDescription: "Namespace in which the metric must have at least one value, of a pod for custom metrics, before waiting ends. By default it is enough that the metric is listed.",
			},
			"scrape_interval": schema.StringAttribute{
				Optional: true, Validators: []validator.String{interval{}},
				MarkdownDescription: "How often Prometheus scrapes the series, as a duration such as `15s` or `1m`, to be warned about rate windows that are too short for it. " +
					"Defaults to the provider's `scrape_interval`; without either, only windows under 10 seconds are warned of.",
			},
			"id": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "`namespace/config_map/name`, or `namespace/config_map/config_key/name` if `config_key` is not the default.",
			},
			"metric": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "Name of the metric in the metrics API. Null when it depends on which series Prometheus has, that is, when `series_query` does not name one.",
			},
			"ready": schema.BoolAttribute{
				Computed:            true,
				MarkdownDescription: "Whether the adapter took up the rule the last time it was applied. After a failure it is `false`, and the next apply tries again.",
			},
		},
	}
}

func filtersSchema() schema.Attribute {
	return schema.ListNestedAttribute{
		Optional:            true,
		MarkdownDescription: "Conditions on the names of the series, all of which must hold. Each sets exactly one of `is` and `is_not`.",
		NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
			"is":     schema.StringAttribute{Optional: true, MarkdownDescription: "Go regular expression that the name must match."},
			"is_not": schema.StringAttribute{Optional: true, MarkdownDescription: "Go regular expression that the name must not match."},
		}},
	}
}

func resourcesSchema() schema.Attribute {
	return schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: "Which labels of the series name which Kubernetes resources. Needed for custom metrics.",
		Attributes: map[string]schema.Attribute{
			"template": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Go template with the delimiters `<<` and `>>` that makes a label of `.Group` and `.Resource` (singular), for example `kube_<<.Resource>>`. With `.Group` it does not recognise pods, namespaces and others of the core group, whose name is empty.",
			},
			"overrides": schema.MapNestedAttribute{
				Optional:            true,
				MarkdownDescription: "Resources by label, for example `{ namespace = { resource = \"namespace\" }, pod = { resource = \"pod\" } }`. They go before the template.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"group": schema.StringAttribute{
						Optional: true, Computed: true, Default: stringdefault.StaticString(""),
						MarkdownDescription: "API group of the resource. By default the adapter looks it up.",
					},
					"resource": schema.StringAttribute{Required: true, MarkdownDescription: "Name of the resource, singular or plural, for example `pod`."},
				}},
			},
			"namespaced": schema.BoolAttribute{
				Optional:            true,
				MarkdownDescription: "For external metrics: whether the query is limited to the namespace that asks. The adapter's default is `true`.",
			},
		},
	}
}

func metricNameSchema() schema.Attribute {
	return schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: "How the name of the metric is made from that of the series. By default it is the same.",
		Attributes: map[string]schema.Attribute{
			"matches": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Go regular expression that the name of the series must match. The adapter's default is `.*`.",
			},
			"as": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Name of the metric, with capture groups of `matches` such as `${1}` (in Terraform `$${1}`). " +
					"The adapter's default is `$1` with one capture group and `$0` without; with several groups, `as` is required. Autoscalers ask for external metrics in lower case, so the name of one must not have capitals.",
			},
		},
	}
}
