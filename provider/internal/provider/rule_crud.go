// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/rule"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/rulefile"
)

// Create adds the rule, which must not exist.
func (r *RuleResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	r.apply(ctx, req.Plan, rulefile.Create, &resp.State, &resp.Diagnostics)
}

// Update rewrites the rule where it stands; one that has gone in the meantime is added.
func (r *RuleResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	r.apply(ctx, req.Plan, rulefile.Put, &resp.State, &resp.Diagnostics)
}

// apply writes the rule and has the adapter take it up. From the moment the rule is written, the state says so.
func (r *RuleResource) apply(ctx context.Context, plan tfsdk.Plan, edit func(string, rulefile.Entry) (string, error), state *tfsdk.State, diags *diag.Diagnostics) {
	var m RuleResourceModel
	diags.Append(plan.Get(ctx, &m)...)
	if diags.HasError() {
		return
	}
	wanted, _, more := m.rule(ctx)
	diags.Append(more...)
	if problems := rule.Validate(m.kind(), wanted); rule.HasErrors(problems) {
		diags.Append(problemDiagnostics(problems)...) // values that were not known before
	}
	client := r.client(diags)
	if diags.HasError() {
		return
	}

	entry := rulefile.Entry{Name: m.Name.ValueString(), Kind: m.kind(), Rule: wanted}
	err := client.EditText(ctx, m.target(), true, func(text string) (string, error) { return edit(text, entry) })
	if err != nil {
		diags.Append(editDiagnostic(&m, err))
		return
	}
	m.Metric, m.ID = plannedMetric(wanted, nil), m.identity()
	m.Ready = types.BoolValue(false)
	diags.Append(state.Set(ctx, &m)...)
	if more := takeUp(ctx, client, &m); more.HasError() {
		diags.Append(more...)
		return
	}
	m.Ready = types.BoolValue(true)
	diags.Append(state.Set(ctx, &m)...)
}

// takeUp rolls the adapter and waits for the metric, as far as the model asks for it.
func takeUp(ctx context.Context, client *cluster.Client, m *RuleResourceModel) diag.Diagnostics {
	var diags diag.Diagnostics
	deployment := m.Deployment.ValueString()
	if deployment != "" {
		if err := client.Roll(ctx, m.target(), deployment); err != nil {
			diags.Append(takeUpDiagnostic(m, err))
			return diags
		}
	}
	if !m.Wait.ValueBool() {
		return diags
	}
	timeout, err := time.ParseDuration(m.WaitTimeout.ValueString())
	if err != nil {
		diags.AddAttributeError(path.Root("wait_timeout"), "Invalid duration", sentence(err))
		return diags
	}
	metric := cluster.Metric{
		API: cluster.CustomMetrics, Name: m.Metric.ValueString(), SeriesQuery: m.SeriesQuery.ValueString(), ValuesIn: m.AwaitSeriesIn.ValueString(),
	}
	if m.kind() == rule.KindExternal {
		metric.API = cluster.ExternalMetrics
	}
	if err := client.AwaitServed(ctx, m.Namespace.ValueString(), deployment, metric, timeout); err != nil {
		diags.Append(takeUpDiagnostic(m, err))
	}
	return diags
}

// Read compares the state with the config map. Only a rule or a config map that is certainly gone leaves the state.
func (r *RuleResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var m RuleResourceModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if _, err := r.data.connect(); errors.Is(err, errUnknownCluster) {
		resp.Diagnostics.AddWarning("Rule not refreshed", fmt.Sprintf("The rule %s was not compared with the cluster, because %v.", m.ID.ValueString(), err))
		return
	}
	client := r.client(&resp.Diagnostics)
	if client == nil {
		return
	}
	text, err := client.ReadText(ctx, m.target())
	if errors.Is(err, cluster.ErrConfigMapNotFound) {
		resp.Diagnostics.AddWarning("Config map is gone", fmt.Sprintf("The config map %s/%s does not exist any more, and with it the rule %q and any rule that "+
			"Terraform does not manage. The rules that Terraform manages will be created anew; the others are lost, unless there is a backup.",
			m.Namespace.ValueString(), m.ConfigMap.ValueString(), m.Name.ValueString()))
		resp.State.RemoveResource(ctx)
		return
	}
	if err != nil {
		resp.Diagnostics.Append(editDiagnostic(&m, err))
		return
	}

	entry, err := rulefile.Get(text, m.Name.ValueString())
	switch {
	case errors.Is(err, rulefile.ErrNotFound):
		resp.State.RemoveResource(ctx)
		return
	case errors.Is(err, rulefile.ErrUnreadable):
		resp.Diagnostics.AddWarning("Rule was damaged", fmt.Sprintf("The rule %s was changed by hand to something that the adapter cannot load; it will be written anew. %s", m.ID.ValueString(), sentence(err)))
		entry.Rule = rule.Rule{} // differs from every valid rule
	case err != nil:
		resp.Diagnostics.Append(editDiagnostic(&m, err))
		return
	}
	m.Kind = types.StringValue(string(entry.Kind))
	resp.Diagnostics.Append(m.setRule(ctx, entry.Rule)...)
	m.Metric = plannedMetric(entry.Rule, nil)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

// Delete removes the rule, which may be gone already, and has the adapter forget it.
func (r *RuleResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var m RuleResourceModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	client := r.client(&resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	err := client.EditText(ctx, m.target(), false, func(text string) (string, error) { return rulefile.Delete(text, m.Name.ValueString()) })
	if errors.Is(err, cluster.ErrConfigMapNotFound) {
		return
	}
	if err != nil && !errors.Is(err, rulefile.ErrNotFound) {
		resp.Diagnostics.Append(editDiagnostic(&m, err))
		return
	}
	if m.Deployment.ValueString() == "" {
		return
	}
	err = client.Roll(ctx, m.target(), m.Deployment.ValueString())
	if err != nil && !errors.Is(err, cluster.ErrDeploymentNotFound) && !errors.Is(err, cluster.ErrConfigMapNotFound) {
		resp.Diagnostics.Append(takeUpDiagnostic(&m, err))
	}
}

// client returns access to the cluster, or nil and a diagnostic.
func (r *RuleResource) client(diags *diag.Diagnostics) *cluster.Client {
	client, err := r.data.connect()
	if err != nil {
		diags.AddError("No access to the cluster", sentence(err))
	}
	return client
}
