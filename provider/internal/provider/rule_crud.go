// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	k8stypes "k8s.io/apimachinery/pkg/types"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/configmap"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/rollout"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/rule"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/rulefile"
)

// Create adds the rule, which must not exist.
func (r *RuleResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	r.apply(ctx, req.Plan, true, nil, rule.Rule{}, &resp.State, resp.Identity, &resp.Diagnostics)
}

// Update rewrites the rule in place, or adds it if it is gone in the meantime. An adopted rule gets its markers.
func (r *RuleResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var before RuleResourceModel
	resp.Diagnostics.Append(req.State.Get(ctx, &before)...)
	was, _, diags := before.rule(ctx)
	resp.Diagnostics.Append(diags...)
	adopted, diags := readAdoption(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	if r.apply(ctx, req.Plan, false, adopted, was, &resp.State, resp.Identity, &resp.Diagnostics) {
		resp.Diagnostics.Append(writeAdoption(ctx, resp.Private, nil)...)
	}
}

// apply writes the rule and waits until it takes effect. It reports whether the rule was written; from then on the state holds it.
func (r *RuleResource) apply(ctx context.Context, plan tfsdk.Plan, create bool, adopted *adoption, was rule.Rule,
	state *tfsdk.State, identity *tfsdk.ResourceIdentity, diags *diag.Diagnostics,
) (written bool) {
	var m RuleResourceModel
	diags.Append(plan.Get(ctx, &m)...)
	if diags.HasError() {
		return false
	}
	wanted, _, more := m.rule(ctx)
	diags.Append(more...)
	if problems := rule.Validate(m.kind(), wanted); rule.HasErrors(problems) {
		diags.Append(problemDiagnostics(problems)...) // values that were not known before
	}
	client := r.client(diags)
	if diags.HasError() {
		return written
	}

	m.Metric = plannedMetric(wanted, nil)
	need, more := m.need()
	diags.Append(more...)
	if diags.HasError() {
		return written
	}
	change := rulefile.Change{Op: rulefile.Put, Entry: rulefile.Entry{Name: m.Name.ValueString(), Kind: m.kind(), Rule: wanted}, Adopt: adopted.of(was)}
	if create {
		change.Op = rulefile.Create
	}
	err := client.ConfigMaps.Apply(ctx, m.target(), configmap.Change{Change: change, Pending: need.Metric != nil})
	if err != nil {
		diags.Append(editDiagnostic(&m, err))
		return written
	}
	written = true
	m.ID = m.identity()
	diags.Append(m.setIdentity(ctx, identity)...)
	m.Ready = types.BoolValue(false)
	diags.Append(state.Set(ctx, &m)...)
	out := client.TakeUp(ctx, m.target(), m.Deployment.ValueString(), need)
	diags.Append(othersDiagnostics(&m, out.Others, create && out.Err == nil)...)
	if out.Err != nil {
		diags.Append(takeUpDiagnostic(&m, out.Err))
		return written
	}
	m.Ready = types.BoolValue(true)
	diags.Append(state.Set(ctx, &m)...)
	return written
}

// Read compares the state with the config map. Only a rule or a config map that certainly does not exist is removed from the state.
// A rule that has not been seen to take effect is not ready, whatever the apply that wrote it reported.
func (r *RuleResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var m RuleResourceModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	adopted, diags := readAdoption(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(m.setIdentity(ctx, resp.Identity)...)
	if _, err := r.data.connect(); errors.Is(err, errUnknownCluster) {
		resp.Diagnostics.AddWarning("Rule not refreshed", fmt.Sprintf("The rule %s was not compared with the cluster, because %v.", m.ID.ValueString(), err))
		return
	}
	client := r.client(&resp.Diagnostics)
	if client == nil {
		return
	}
	snapshot, err := client.ConfigMaps.Read(ctx, m.target())
	if errors.Is(err, configmap.ErrNotFound) {
		resp.Diagnostics.Append(goneDiagnostic(&m, "Config map is gone", "does not exist any more"))
		resp.State.RemoveResource(ctx)
		return
	}
	if err != nil {
		resp.Diagnostics.Append(editDiagnostic(&m, err))
		return
	}
	file, err := r.data.rules.Parse(snapshot.Text)
	if err != nil {
		resp.Diagnostics.Append(editDiagnostic(&m, err))
		return
	}

	entry, adopted, err := m.find(ctx, file, adopted)
	switch {
	case errors.Is(err, rulefile.ErrNotFound):
		if len(file.List()) == 0 {
			resp.Diagnostics.Append(goneDiagnostic(&m, "Config map was emptied", "has no rules any more"))
		}
		resp.State.RemoveResource(ctx)
		return
	case errors.Is(err, rulefile.ErrUnreadable):
		resp.Diagnostics.AddWarning("Rule was damaged", fmt.Sprintf("The rule %s was changed by hand to something that the adapter cannot load; it will be written again. %s", m.ID.ValueString(), sentence(err)))
		entry.Rule = rule.Rule{} // differs from every valid rule
	case err != nil:
		resp.Diagnostics.Append(editDiagnostic(&m, err))
		return
	}
	m.Kind = types.StringValue(string(entry.Kind))
	resp.Diagnostics.Append(m.setRule(ctx, entry.Rule)...)
	m.Metric = plannedMetric(entry.Rule, nil)
	r.judgeReady(ctx, client, &m, snapshot, &resp.Diagnostics)
	resp.Diagnostics.Append(writeAdoption(ctx, resp.Private, adopted)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

// find looks the rule up by name or, if it was adopted and not written since, by its place and content. It returns the current place
// of such a rule.
func (m *RuleResourceModel) find(ctx context.Context, file *rulefile.File, adopted *adoption) (rulefile.Entry, *adoption, error) {
	entry, err := file.Get(m.Name.ValueString())
	if adopted == nil || !errors.Is(err, rulefile.ErrNotFound) {
		return entry, nil, err
	}
	was, _, _ := m.rule(ctx)
	var found rulefile.Listed
	if m.SeriesQuery.IsNull() { // right after the import only the place is known
		found, err = file.Find(adopted.place())
	} else {
		found, err = file.Locate(adopted.place(), was)
	}
	entry = rulefile.Entry{Name: m.Name.ValueString(), Kind: found.Kind, Rule: found.Rule}
	return entry, &adoption{Kind: found.Kind, Index: found.Index}, err
}

// judgeReady clears ready if the adapter has not loaded the current rules, or if the rule's metric was not seen. It warns if the
// adapter cannot be read.
func (r *RuleResource) judgeReady(ctx context.Context, client *cluster.Client, m *RuleResourceModel, snapshot configmap.Snapshot, diags *diag.Diagnostics) {
	if snapshot.Pending(m.Name.ValueString()) && m.Wait.ValueBool() {
		m.Ready = types.BoolValue(false)
		return
	}
	if m.Deployment.ValueString() == "" {
		return
	}
	loaded, err := client.Loaded(ctx, k8stypes.NamespacedName{Namespace: m.Namespace.ValueString(), Name: m.Deployment.ValueString()}, snapshot)
	switch {
	case errors.Is(err, rollout.ErrNotFound): // when it comes back, it loads the current rules
	case err != nil:
		diags.AddWarning("Adapter not checked", fmt.Sprintf("Whether the adapter has loaded the rule %s is not known. %s", m.ID.ValueString(), sentence(err)))
	case !loaded:
		m.Ready = types.BoolValue(false)
	}
}

// Delete removes the rule, which may be gone already, and makes the adapter load the others.
func (r *RuleResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var m RuleResourceModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	adopted, diags := readAdoption(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	was, _, diags := m.rule(ctx)
	resp.Diagnostics.Append(diags...)
	client := r.client(&resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	err := client.ConfigMaps.Apply(ctx, m.target(), configmap.Change{Change: rulefile.Change{
		Op: rulefile.Delete, Entry: rulefile.Entry{Name: m.Name.ValueString()}, Adopt: adopted.of(was),
	}})
	if errors.Is(err, configmap.ErrNotFound) {
		return
	}
	if err != nil {
		resp.Diagnostics.Append(editDiagnostic(&m, err))
		return
	}
	out := client.TakeUp(ctx, m.target(), m.Deployment.ValueString(), cluster.Need{Rule: m.Name.ValueString(), Deleted: true})
	resp.Diagnostics.Append(othersDiagnostics(&m, out.Others, false)...)
	if out.Err != nil {
		resp.Diagnostics.Append(takeUpDiagnostic(&m, out.Err))
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
