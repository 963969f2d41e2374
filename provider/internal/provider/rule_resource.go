// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/rule"
)

var (
	_ resource.Resource                   = (*RuleResource)(nil)
	_ resource.ResourceWithConfigure      = (*RuleResource)(nil)
	_ resource.ResourceWithValidateConfig = (*RuleResource)(nil)
	_ resource.ResourceWithModifyPlan     = (*RuleResource)(nil)
)

// RuleResource is promadapter_rule.
type RuleResource struct {
	data *providerData
}

// NewRuleResource returns the resource, not yet configured.
func NewRuleResource() resource.Resource { return &RuleResource{} }

// Metadata names the resource.
func (r *RuleResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_rule"
}

// Configure stores the provider's data.
func (r *RuleResource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	r.data = dataOf(req.ProviderData, &resp.Diagnostics)
}

// ValidateConfig checks the rule as far as it is known.
func (r *RuleResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var m RuleResourceModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	found, unknown, diags := m.rule(ctx)
	resp.Diagnostics.Append(diags...)
	if m.Kind.IsNull() {
		m.Kind = types.StringValue(string(rule.KindCustom))
	}
	if m.Kind.IsUnknown() { // the checks of these two depend on the kind
		unknown = append(unknown, rule.FieldResources, rule.FieldMetricsQuery)
	}
	problems := rule.Validate(m.kind(), found, unknown...)
	resp.Diagnostics.Append(problemDiagnostics(problems)...)
	if !rule.HasErrors(problems) {
		resp.Diagnostics.Append(m.validate(found, unknown)...)
	}
}

// plannedMetric returns the metric's name: unknown if an attribute it depends on is, null if it depends on which series exist.
func plannedMetric(r rule.Rule, unknown []rule.Field) types.String {
	for _, f := range unknown {
		if f == rule.FieldSeriesQuery || f == rule.FieldSeriesFilters || f == rule.FieldMetricName {
			return types.StringUnknown()
		}
	}
	if name, ok := rule.Metric(r); ok {
		return types.StringValue(name)
	}
	return types.StringNull()
}

// ModifyPlan fills in what follows from the provider block and from other attributes, and warns about conflicts with other rules. It
// works without a cluster.
func (r *RuleResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if r.data == nil {
		return
	}
	if req.Plan.Raw.IsNull() { // the rule is to be destroyed
		var state RuleResourceModel
		resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
		resp.Diagnostics.Append(r.textWarnings(ctx, &state)...)
		return
	}
	var config, plan RuleResourceModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	var state *RuleResourceModel
	if !req.State.Raw.IsNull() {
		resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	}
	adopted, diags := readAdoption(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}

	for _, d := range []struct {
		name     string
		config   types.String
		standard types.String
		plan     *types.String
		state    func(*RuleResourceModel) types.String
		moves    bool // the rule is another one if this changes
	}{
		{"namespace", config.Namespace, r.data.namespace, &plan.Namespace, func(m *RuleResourceModel) types.String { return m.Namespace }, true},
		{"config_map", config.ConfigMap, r.data.configMap, &plan.ConfigMap, func(m *RuleResourceModel) types.String { return m.ConfigMap }, true},
		{"deployment", config.Deployment, r.data.deployment, &plan.Deployment, func(m *RuleResourceModel) types.String { return m.Deployment }, false},
	} {
		*d.plan = d.config
		if d.config.IsNull() {
			*d.plan = d.standard
		}
		if state == nil {
			continue
		}
		if d.config.IsNull() && d.standard.IsUnknown() {
			*d.plan = d.state(state) // rather than replace a rule because the provider block is not known yet
		}
		if d.moves && !d.plan.Equal(d.state(state)) {
			resp.RequiresReplace = append(resp.RequiresReplace, path.Root(d.name))
		}
	}

	found, unknown, diags := plan.rule(ctx)
	resp.Diagnostics.Append(diags...)
	plan.Metric = plannedMetric(found, unknown)
	plan.ID = plan.identity()
	resp.Diagnostics.Append(r.planWarnings(ctx, &plan, state, adopted, found, unknown)...)
	plan.Ready = types.BoolValue(true) // a failed apply left false, and this makes the next one retry
	resp.Diagnostics.Append(resp.Plan.Set(ctx, &plan)...)
}
