// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/configmap"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/rule"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/rulefile"
)

var _ resource.ResourceWithIdentity = (*RuleResource)(nil)

// ruleIdentity is what tells one rule from all others.
type ruleIdentity struct {
	Name      types.String `tfsdk:"name"`
	Namespace types.String `tfsdk:"namespace"`
	ConfigMap types.String `tfsdk:"config_map"`
	ConfigKey types.String `tfsdk:"config_key"`
	Adopt     types.String `tfsdk:"adopt"`
}

// IdentitySchema describes the identity, which import blocks can give instead of an id (Terraform 1.12 or newer).
func (r *RuleResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	optional := func(description string) identityschema.StringAttribute {
		return identityschema.StringAttribute{OptionalForImport: true, Description: description}
	}
	resp.IdentitySchema = identityschema.Schema{Attributes: map[string]identityschema.Attribute{
		"name":       identityschema.StringAttribute{RequiredForImport: true, Description: "Name of the rule."},
		"namespace":  optional("Namespace of the config map. Defaults to the provider's."),
		"config_map": optional("Config map with the rule. Defaults to the provider's."),
		"config_key": optional("Key of the config map. Defaults to " + defaultConfigKey + "."),
		"adopt": optional("For an import only, and null otherwise: which rule that was written by hand gets the name, " +
			"as metric:NAME, index:N or external_index:N."),
	}}
}

// setIdentity records the identity of the model's rule. For Terraform versions without identities it is nil.
func (m *RuleResourceModel) setIdentity(ctx context.Context, identity *tfsdk.ResourceIdentity) diag.Diagnostics {
	if identity == nil {
		return nil
	}
	return identity.Set(ctx, ruleIdentity{Name: m.Name, Namespace: m.Namespace, ConfigMap: m.ConfigMap, ConfigKey: m.ConfigKey, Adopt: types.StringNull()})
}

// formatID returns the id of a rule, which terraform import takes.
func formatID(t configmap.Target, name string) string {
	if t.Key == defaultConfigKey {
		return strings.Join([]string{t.Namespace, t.ConfigMap, name}, "/")
	}
	return strings.Join([]string{t.Namespace, t.ConfigMap, t.Key, name}, "/")
}

const idForms = "use NAME, namespace/config_map/NAME or namespace/config_map/config_key/NAME; " +
	"to give the name to a rule that was written by hand, append =metric:METRIC, =index:N or =external_index:N, as in heavywork=metric:heavywork_requests_per_second"

// parseID reads an id, or a name alone, optionally followed by an equals sign and the rule to adopt under the name (nil if there is
// none). Missing parts of the id are taken from standard.
func parseID(id string, standard configmap.Target) (t configmap.Target, name string, adopt *rulefile.Selector, err error) {
	t = standard
	path, selector, adopts := strings.Cut(id, "=")
	if adopts {
		s, err := rulefile.ParseSelector(selector)
		if err != nil {
			return t, "", nil, fmt.Errorf("id %q: %w", id, err)
		}
		adopt = &s
	}
	parts := strings.Split(path, "/")
	name = parts[len(parts)-1]
	switch len(parts) {
	case 1:
	case 3:
		t.Namespace, t.ConfigMap = parts[0], parts[1]
	case 4:
		t.Namespace, t.ConfigMap, t.Key = parts[0], parts[1], parts[2]
	default:
		return t, "", nil, fmt.Errorf("id %q has %d parts; %s", id, len(parts), idForms)
	}
	if t.Namespace == "" || t.ConfigMap == "" || t.Key == "" || name == "" {
		return t, "", nil, fmt.Errorf("id %q has an empty part; %s", id, idForms)
	}
	if err := rulefile.CheckName(name); err != nil {
		return t, "", nil, fmt.Errorf("id %q: %w; %s", id, err, idForms)
	}
	return t, name, adopt, nil
}

// adoptedKey is where a resource's private state says that its rule was written by hand and has no markers yet.
const adoptedKey = "adopted"

// adoption is the place where such a rule was last seen.
type adoption struct {
	Kind  rule.Kind `json:"kind"`
	Index int       `json:"index"`
}

func (a adoption) place() rulefile.Selector { return rulefile.Selector{Kind: a.Kind, Index: a.Index} }

// privateState is the private state in the framework's requests and responses.
type privateState interface {
	GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
}

// readAdoption returns nil for a rule that has markers.
func readAdoption(ctx context.Context, private privateState) (*adoption, diag.Diagnostics) {
	raw, diags := private.GetKey(ctx, adoptedKey)
	if len(raw) == 0 {
		return nil, diags
	}
	var a adoption
	if err := json.Unmarshal(raw, &a); err != nil {
		diags.AddError("Unreadable private state", "The place of the adopted rule cannot be read: "+sentence(err))
		return nil, diags
	}
	return &a, diags
}

// writeAdoption takes nil for a rule that has markers.
func writeAdoption(ctx context.Context, private privateState, a *adoption) diag.Diagnostics {
	if a == nil {
		return private.SetKey(ctx, adoptedKey, nil)
	}
	raw, err := json.Marshal(a)
	if err != nil {
		return diag.Diagnostics{diag.NewErrorDiagnostic("Unwritable private state", sentence(err))}
	}
	return private.SetKey(ctx, adoptedKey, raw)
}

// of returns the place and content of a rule without markers, for a change, and nil for a rule with markers.
func (a *adoption) of(was rule.Rule) *rulefile.Adoption {
	if a == nil {
		return nil
	}
	return &rulefile.Adoption{Place: a.place(), Was: was}
}
