// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"context"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/configmap"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/rule"
)

const defaultConfigKey = "config.yaml"

// Schema describes the resource. Attributes that come from the provider block by default get their value in ModifyPlan.
func (r *RuleResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	replace := []planmodifier.String{stringplanmodifier.RequiresReplace()}
	notEmpty := []validator.String{stringvalidator.LengthAtLeast(1)}
	attributes := map[string]schema.Attribute{
		"name": schema.StringAttribute{
			Required: true, PlanModifiers: replace, Validators: isRuleName(),
			MarkdownDescription: "Name of the rule, which identifies it within the config map: 1 to 63 letters, digits, dots, dashes and underscores. A change replaces the rule.",
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
			MarkdownDescription: "Key of the config map that holds the adapter's configuration. Defaults to `" + defaultConfigKey + "`.",
		},
		"deployment": schema.StringAttribute{
			Optional: true, Computed: true,
			MarkdownDescription: "Deployment of the adapter. It is rolled after a change, because prometheus-adapter loads its rules only when it starts. An adapter that reports in Leases that it loads them by itself is not rolled; the apply only waits for it. " +
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
			MarkdownDescription: "Whether the rule took effect in the adapter when it was last applied. After a failure it is `false`, and the next apply retries.",
		},
	}
	maps.Copy(attributes, waitAttributes())
	maps.Copy(attributes, ruleScrapeInterval())
	resp.Schema = schema.Schema{
		MarkdownDescription: "One rule of prometheus-adapter. The rule is written to the adapter's config map, where other rules and comments stay as they are; " +
			"then the provider makes the adapter load it, and waits for the metric in the metrics API.",
		Attributes: attributes,
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
		MarkdownDescription: "Which labels of the series name which Kubernetes resources. Required for custom metrics.",
		Attributes: map[string]schema.Attribute{
			"template": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Go template with the delimiters `<<` and `>>` that makes a label of `.Group` and `.Resource` (singular), for example `kube_<<.Resource>>`. With `.Group` it does not recognise pods, namespaces and other resources of the core group, whose name is empty.",
			},
			"overrides": schema.MapNestedAttribute{
				Optional:            true,
				MarkdownDescription: "Resources by label, for example `{ namespace = { resource = \"namespace\" }, pod = { resource = \"pod\" } }`. They take precedence over the template.",
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
				MarkdownDescription: "For external metrics: whether the query is limited to the namespace of the request. The adapter's default is `true`.",
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
					"The adapter's default is `$1` with one capture group and `$0` without; with several groups, `as` is required. Autoscalers ask for external metrics in lower case, so the name of an external metric must not have capitals.",
			},
		},
	}
}

// RuleResourceModel is the resource in configuration, plan and state.
type RuleResourceModel struct {
	waitModel
	scrapeModel
	ID            types.String `tfsdk:"id"`
	Name          types.String `tfsdk:"name"`
	Namespace     types.String `tfsdk:"namespace"`
	ConfigMap     types.String `tfsdk:"config_map"`
	ConfigKey     types.String `tfsdk:"config_key"`
	Deployment    types.String `tfsdk:"deployment"`
	Kind          types.String `tfsdk:"kind"`
	SeriesQuery   types.String `tfsdk:"series_query"`
	SeriesFilters types.List   `tfsdk:"series_filters"`
	Resources     types.Object `tfsdk:"resources"`
	MetricName    types.Object `tfsdk:"metric_name"`
	MetricsQuery  types.String `tfsdk:"metrics_query"`
	Metric        types.String `tfsdk:"metric"`
	Ready         types.Bool   `tfsdk:"ready"`
}

type filterModel struct {
	Is    types.String `tfsdk:"is"`
	IsNot types.String `tfsdk:"is_not"`
}

type resourcesModel struct {
	Template   types.String `tfsdk:"template"`
	Overrides  types.Map    `tfsdk:"overrides"`
	Namespaced types.Bool   `tfsdk:"namespaced"`
}

type overrideModel struct {
	Group    types.String `tfsdk:"group"`
	Resource types.String `tfsdk:"resource"`
}

type metricNameModel struct {
	Matches types.String `tfsdk:"matches"`
	As      types.String `tfsdk:"as"`
}

var (
	filterType      = filtersSchema().GetType().(types.ListType).ElemType.(types.ObjectType)
	resourcesTypes  = resourcesSchema().GetType().(types.ObjectType).AttrTypes
	overrideType    = resourcesTypes["overrides"].(types.MapType).ElemType.(types.ObjectType)
	metricNameTypes = metricNameSchema().GetType().(types.ObjectType).AttrTypes
)

func (m *RuleResourceModel) kind() rule.Kind { return rule.Kind(m.Kind.ValueString()) }

func (m *RuleResourceModel) target() configmap.Target {
	return configmap.Target{Namespace: m.Namespace.ValueString(), ConfigMap: m.ConfigMap.ValueString(), Key: m.ConfigKey.ValueString()}
}

// identity returns the resource's id, which is unknown as long as one of its parts is.
func (m *RuleResourceModel) identity() types.String {
	for _, part := range []types.String{m.Namespace, m.ConfigMap, m.ConfigKey, m.Name} {
		if part.IsUnknown() {
			return types.StringUnknown()
		}
	}
	return types.StringValue(formatID(m.target(), m.Name.ValueString()))
}

// rule converts the model. Fields that are not fully known are left out and returned in unknown.
func (m *RuleResourceModel) rule(ctx context.Context) (r rule.Rule, unknown []rule.Field, diags diag.Diagnostics) {
	fields := []struct {
		name   rule.Field
		value  attr.Value
		expand func() diag.Diagnostics
	}{
		{rule.FieldSeriesQuery, m.SeriesQuery, func() diag.Diagnostics { r.SeriesQuery = m.SeriesQuery.ValueString(); return nil }},
		{rule.FieldSeriesFilters, m.SeriesFilters, func() diag.Diagnostics { return expandFilters(ctx, m.SeriesFilters, &r) }},
		{rule.FieldResources, m.Resources, func() diag.Diagnostics { return expandResources(ctx, m.Resources, &r) }},
		{rule.FieldMetricName, m.MetricName, func() diag.Diagnostics { return expandMetricName(ctx, m.MetricName, &r) }},
		{rule.FieldMetricsQuery, m.MetricsQuery, func() diag.Diagnostics { r.MetricsQuery = m.MetricsQuery.ValueString(); return nil }},
	}
	for _, f := range fields {
		value, err := f.value.ToTerraformValue(ctx)
		if err != nil {
			diags.AddError("Unexpected value", "The attribute "+string(f.name)+" cannot be read: "+err.Error()+".")
			continue
		}
		if !value.IsFullyKnown() {
			unknown = append(unknown, f.name)
			continue
		}
		diags.Append(f.expand()...)
	}
	return r, unknown, diags
}

func expandFilters(ctx context.Context, list types.List, r *rule.Rule) diag.Diagnostics {
	var filters []filterModel
	diags := list.ElementsAs(ctx, &filters, false)
	for _, f := range filters {
		r.SeriesFilters = append(r.SeriesFilters, rule.Filter{Is: f.Is.ValueString(), IsNot: f.IsNot.ValueString()})
	}
	return diags
}

func expandResources(ctx context.Context, object types.Object, r *rule.Rule) diag.Diagnostics {
	if object.IsNull() {
		return nil
	}
	var m resourcesModel
	diags := object.As(ctx, &m, basetypes.ObjectAsOptions{})
	r.Resources.Template = m.Template.ValueString()
	r.Resources.Namespaced = m.Namespaced.ValueBoolPointer()
	var overrides map[string]overrideModel
	diags.Append(m.Overrides.ElementsAs(ctx, &overrides, false)...)
	for label, o := range overrides {
		if r.Resources.Overrides == nil {
			r.Resources.Overrides = make(map[string]rule.GroupResource, len(overrides))
		}
		r.Resources.Overrides[label] = rule.GroupResource{Group: o.Group.ValueString(), Resource: o.Resource.ValueString()}
	}
	return diags
}

func expandMetricName(ctx context.Context, object types.Object, r *rule.Rule) diag.Diagnostics {
	if object.IsNull() {
		return nil
	}
	var m metricNameModel
	diags := object.As(ctx, &m, basetypes.ObjectAsOptions{})
	r.Name = rule.Name{Matches: m.Matches.ValueString(), As: m.As.ValueString()}
	return diags
}

// setRule copies what differs from the rule in the model. What means the same keeps its form: null, for example, where the adapter
// does not tell it from an empty list.
func (m *RuleResourceModel) setRule(ctx context.Context, found rule.Rule) diag.Diagnostics {
	held, _, diags := m.rule(ctx)
	if m.SeriesQuery.IsNull() || held.SeriesQuery != found.SeriesQuery {
		m.SeriesQuery = types.StringValue(found.SeriesQuery)
	}
	if m.MetricsQuery.IsNull() || held.MetricsQuery != found.MetricsQuery {
		m.MetricsQuery = types.StringValue(found.MetricsQuery)
	}
	if !slices.Equal(held.SeriesFilters, found.SeriesFilters) {
		m.SeriesFilters = flattenFilters(found.SeriesFilters)
	}
	if !held.Resources.Equal(found.Resources) {
		m.Resources = flattenResources(found.Resources)
	}
	if held.Name != found.Name {
		m.MetricName = flattenMetricName(found.Name)
	}
	return diags
}

func flattenFilters(filters []rule.Filter) types.List {
	if len(filters) == 0 {
		return types.ListNull(filterType)
	}
	var elements []attr.Value
	for _, f := range filters {
		elements = append(elements, types.ObjectValueMust(filterType.AttrTypes, map[string]attr.Value{"is": orNull(f.Is), "is_not": orNull(f.IsNot)}))
	}
	return types.ListValueMust(filterType, elements)
}

func flattenResources(res rule.Resources) types.Object {
	if res.Equal(rule.Resources{}) {
		return types.ObjectNull(resourcesTypes)
	}
	overrides := types.MapNull(overrideType)
	if len(res.Overrides) > 0 {
		elements := make(map[string]attr.Value, len(res.Overrides))
		for label, o := range res.Overrides {
			elements[label] = types.ObjectValueMust(overrideType.AttrTypes, map[string]attr.Value{
				"group": types.StringValue(o.Group), "resource": types.StringValue(o.Resource),
			})
		}
		overrides = types.MapValueMust(overrideType, elements)
	}
	return types.ObjectValueMust(resourcesTypes, map[string]attr.Value{
		"template": orNull(res.Template), "overrides": overrides, "namespaced": types.BoolPointerValue(res.Namespaced),
	})
}

func flattenMetricName(name rule.Name) types.Object {
	if name == (rule.Name{}) {
		return types.ObjectNull(metricNameTypes)
	}
	return types.ObjectValueMust(metricNameTypes, map[string]attr.Value{"matches": orNull(name.Matches), "as": orNull(name.As)})
}

// orNull returns null for an empty string, which the adapter treats as unset.
func orNull(s string) types.String {
	if s == "" {
		return types.StringNull()
	}
	return types.StringValue(s)
}
