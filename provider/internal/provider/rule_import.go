// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/configmap"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/rulefile"
)

var _ resource.ResourceWithImportState = (*RuleResource)(nil)

// ImportState takes a rule's name, its id or its identity. The rest of the state comes from Read.
//
// A rule that was written by hand is adopted: it gets a name in the state and nothing is written, because Terraform imports while
// it plans. The private state keeps the rule's place, and Read finds it again by content and place. The first change of the resource
// puts the markers, and with them the name, around the rule; a deletion deletes it.
func (r *RuleResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	if r.data == nil || r.data.namespace.IsUnknown() || r.data.configMap.IsUnknown() || r.data.deployment.IsUnknown() {
		resp.Diagnostics.AddError("Provider is not configured", "An import needs a provider block whose values are all known; set them to constants or variables.")
		return
	}
	id := req.ID
	if id == "" && req.Identity != nil {
		var identity ruleIdentity
		resp.Diagnostics.Append(req.Identity.Get(ctx, &identity)...)
		id = r.data.idOf(identity)
	}
	target, name, selector, err := parseID(id, r.data.target())
	if err != nil {
		resp.Diagnostics.AddError("Invalid import id", sentence(err))
		return
	}
	m := RuleResourceModel{
		Name: types.StringValue(name), Namespace: types.StringValue(target.Namespace),
		ConfigMap: types.StringValue(target.ConfigMap), ConfigKey: types.StringValue(target.Key), Kind: types.StringValue("custom"),
	}
	if selector != nil {
		place := r.adopt(ctx, &m, *selector, &resp.Diagnostics)
		if resp.Diagnostics.HasError() {
			return
		}
		m.Kind = types.StringValue(string(place.Kind))
		resp.Diagnostics.Append(writeAdoption(ctx, resp.Private, place)...)
	}
	state := map[string]any{
		"id": formatID(target, name), "name": m.Name, "namespace": m.Namespace, "config_map": m.ConfigMap, "config_key": m.ConfigKey,
		"deployment": r.data.deployment, "kind": m.Kind, "ready": true,
	}
	maps.Copy(state, waitDefaults())
	for attribute, value := range state {
		resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root(attribute), value)...)
	}
	resp.Diagnostics.Append(m.setIdentity(ctx, resp.Identity)...)
}

// target is where rules are kept by default.
func (d *providerData) target() configmap.Target {
	return configmap.Target{Namespace: d.namespace.ValueString(), ConfigMap: d.configMap.ValueString(), Key: defaultConfigKey}
}

// idOf writes an identity as an id.
func (d *providerData) idOf(identity ruleIdentity) string {
	t := d.target()
	for _, part := range []struct {
		from types.String
		to   *string
	}{{identity.Namespace, &t.Namespace}, {identity.ConfigMap, &t.ConfigMap}, {identity.ConfigKey, &t.Key}} {
		if !part.from.IsNull() {
			*part.to = part.from.ValueString()
		}
	}
	id := formatID(t, identity.Name.ValueString())
	if !identity.Adopt.IsNull() {
		id += "=" + identity.Adopt.ValueString()
	}
	return id
}

// adopt finds a rule that was written by hand.
func (r *RuleResource) adopt(ctx context.Context, m *RuleResourceModel, selector rulefile.Selector, diags *diag.Diagnostics) *adoption {
	client := r.client(diags)
	if client == nil {
		return nil
	}
	snapshot, err := client.ConfigMaps.Read(ctx, m.target())
	if err != nil {
		diags.Append(editDiagnostic(m, err))
		return nil
	}
	file, err := r.data.rules.Parse(snapshot.Text)
	if err != nil {
		diags.Append(editDiagnostic(m, err))
		return nil
	}
	if _, err := file.Get(m.Name.ValueString()); !errors.Is(err, rulefile.ErrNotFound) {
		diags.AddError("Rule exists already", fmt.Sprintf("The name %q is taken by another rule in %s. Choose another name to adopt %s, or import the rule by its name alone.",
			m.Name.ValueString(), m.target(), selector))
		return nil
	}
	if err := file.Refused(); err != nil {
		diags.AddError("Rule cannot be adopted", fmt.Sprintf("The text in %s has to be corrected first. %s", m.target(), sentence(err)))
		return nil
	}
	found, err := file.Find(selector)
	if err != nil {
		diags.AddError("No rule to adopt", fmt.Sprintf("%s: %v.", m.target(), err))
		return nil
	}
	if err := file.CheckAdopt(m.Name.ValueString(), found.Selector()); err != nil {
		diags.AddError("Rule cannot be adopted", fmt.Sprintf("The rule at line %d in %s cannot be given a name. %s", found.Line, m.target(), sentence(err)))
		return nil
	}
	return &adoption{Kind: found.Kind, Index: found.Index}
}
