// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/rule"
)

// RuleResourceModel is the resource in configuration, plan and state.
type RuleResourceModel struct {
	ID             types.String `tfsdk:"id"`
	Name           types.String `tfsdk:"name"`
	Namespace      types.String `tfsdk:"namespace"`
	ConfigMap      types.String `tfsdk:"config_map"`
	ConfigKey      types.String `tfsdk:"config_key"`
	Deployment     types.String `tfsdk:"deployment"`
	Kind           types.String `tfsdk:"kind"`
	SeriesQuery    types.String `tfsdk:"series_query"`
	SeriesFilters  types.List   `tfsdk:"series_filters"`
	Resources      types.Object `tfsdk:"resources"`
	MetricName     types.Object `tfsdk:"metric_name"`
	MetricsQuery   types.String `tfsdk:"metrics_query"`
	Wait           types.Bool   `tfsdk:"wait"`
	WaitTimeout    types.String `tfsdk:"wait_timeout"`
	AwaitSeriesIn  types.String `tfsdk:"await_series_in"`
	ScrapeInterval types.String `tfsdk:"scrape_interval"`
	Metric         types.String `tfsdk:"metric"`
	Ready          types.Bool   `tfsdk:"ready"`
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
	filterType     = types.ObjectType{AttrTypes: map[string]attr.Type{"is": types.StringType, "is_not": types.StringType}}
	overrideType   = types.ObjectType{AttrTypes: map[string]attr.Type{"group": types.StringType, "resource": types.StringType}}
	resourcesTypes = map[string]attr.Type{
		"template": types.StringType, "overrides": types.MapType{ElemType: overrideType}, "namespaced": types.BoolType,
	}
	metricNameTypes = map[string]attr.Type{"matches": types.StringType, "as": types.StringType}
)

func (m *RuleResourceModel) kind() rule.Kind { return rule.Kind(m.Kind.ValueString()) }

func (m *RuleResourceModel) target() cluster.Target {
	return cluster.Target{Namespace: m.Namespace.ValueString(), ConfigMap: m.ConfigMap.ValueString(), Key: m.ConfigKey.ValueString()}
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

// rule converts the model. Fields that are not wholly known are left out and returned as well.
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

// setRule takes over what differs from the rule that the model holds. What means the same stays as it was written: null, for
// example, where the adapter makes no difference between nothing and an empty list.
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

// orNull returns null for an empty string, which the adapter takes for one that is left out.
func orNull(s string) types.String {
	if s == "" {
		return types.StringNull()
	}
	return types.StringValue(s)
}
