// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/clustertest"
)

// protocol talks to the provider as Terraform 1.12 does, because older versions have no identities.
type protocol struct {
	t        *testing.T
	server   tfprotov6.ProviderServer
	state    tftypes.Type
	identity tftypes.Type
}

func newProtocol(t *testing.T, srv *clustertest.Server) *protocol {
	t.Helper()
	server := providerserver.NewProtocol6(&PromadapterProvider{version: "test", getenv: func(string) string { return "" }})()
	schemas, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	identities, err := server.GetResourceIdentitySchemas(t.Context(), &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		t.Fatal(err)
	}
	p := &protocol{t: t, server: server, state: schemas.ResourceSchemas["promadapter_rule"].ValueType(), identity: identities.IdentitySchemas["promadapter_rule"].ValueType()}
	config := schemas.Provider.ValueType().(tftypes.Object)
	values := map[string]tftypes.Value{}
	for name, typ := range config.AttributeTypes {
		values[name] = tftypes.NewValue(typ, nil)
	}
	values["host"] = tftypes.NewValue(tftypes.String, srv.URL)
	values["exec"] = tftypes.NewValue(config.AttributeTypes["exec"], []tftypes.Value{})
	raw, err := tfprotov6.NewDynamicValue(config, tftypes.NewValue(config, values))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := server.ConfigureProvider(t.Context(), &tfprotov6.ConfigureProviderRequest{Config: &raw})
	p.expectNoErrors(err, resp.Diagnostics)
	return p
}

func (p *protocol) expectNoErrors(err error, diags []*tfprotov6.Diagnostic) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
	for _, d := range diags {
		p.t.Fatalf("%s: %s", d.Summary, d.Detail)
	}
}

func (p *protocol) newIdentity(parts map[string]string) *tfprotov6.ResourceIdentityData {
	p.t.Helper()
	values := map[string]tftypes.Value{}
	for name := range p.identity.(tftypes.Object).AttributeTypes {
		values[name] = tftypes.NewValue(tftypes.String, nil)
		if part, ok := parts[name]; ok {
			values[name] = tftypes.NewValue(tftypes.String, part)
		}
	}
	raw, err := tfprotov6.NewDynamicValue(p.identity, tftypes.NewValue(p.identity, values))
	if err != nil {
		p.t.Fatal(err)
	}
	return &tfprotov6.ResourceIdentityData{IdentityData: &raw}
}

// parts returns the parts that are not null.
func (p *protocol) parts(raw *tfprotov6.DynamicValue, typ tftypes.Type) map[string]string {
	p.t.Helper()
	value, err := raw.Unmarshal(typ)
	if err != nil {
		p.t.Fatal(err)
	}
	values := map[string]tftypes.Value{}
	if err := value.As(&values); err != nil {
		p.t.Fatal(err)
	}
	out := map[string]string{}
	for name, v := range values {
		var s string
		if v.Type().Is(tftypes.String) && !v.IsNull() {
			if err := v.As(&s); err != nil {
				p.t.Fatal(err)
			}
			out[name] = s
		}
	}
	return out
}

func TestImportByIdentity(t *testing.T) {
	for name, tt := range map[string]struct {
		text  string
		parts map[string]string
	}{
		"name alone": {"rules:\n" + heavyworkText, map[string]string{"name": "heavywork"}},
		"all parts":  {"rules:\n" + heavyworkText, map[string]string{"name": "heavywork", "namespace": "monitoring", "config_map": "adapter-config", "config_key": "config.yaml"}},
		"adoption":   {handWritten, map[string]string{"name": "heavywork", "adopt": "metric:heavywork_requests_per_second"}},
	} {
		t.Run(name, func(t *testing.T) {
			srv := newServer(t, tt.text)
			p := newProtocol(t, srv)
			imported, err := p.server.ImportResourceState(t.Context(), &tfprotov6.ImportResourceStateRequest{TypeName: "promadapter_rule", Identity: p.newIdentity(tt.parts)})
			p.expectNoErrors(err, imported.Diagnostics)
			res := imported.ImportedResources[0]
			read, err := p.server.ReadResource(t.Context(), &tfprotov6.ReadResourceRequest{
				TypeName: "promadapter_rule", CurrentState: res.State, Private: res.Private, CurrentIdentity: res.Identity,
			})
			p.expectNoErrors(err, read.Diagnostics)
			if got := p.parts(read.NewState, p.state)["metric"]; got != "heavywork_requests_per_second" {
				t.Errorf("the state has metric %q", got)
			}
			identity := p.parts(read.NewIdentity.IdentityData, p.identity)
			want := map[string]string{"name": "heavywork", "namespace": "monitoring", "config_map": "adapter-config", "config_key": "config.yaml"}
			if len(identity) != len(want) {
				t.Errorf("got identity %v, want %v", identity, want)
			}
			for part, value := range want {
				if identity[part] != value {
					t.Errorf("got identity %v, want %v", identity, want)
				}
			}
			again, err := p.server.ReadResource(t.Context(), &tfprotov6.ReadResourceRequest{
				TypeName: "promadapter_rule", CurrentState: read.NewState, Private: read.Private, CurrentIdentity: read.NewIdentity,
			})
			p.expectNoErrors(err, again.Diagnostics)
			if text(srv) != tt.text {
				t.Errorf("the import has written: %s", text(srv))
			}
		})
	}
}

// A rule that is gone is removed from the state, which must not fail without an identity: a state of an older release has none.
func TestReadOfGoneRuleWithoutIdentity(t *testing.T) {
	srv := newServer(t, "rules:\n"+heavyworkText)
	p := newProtocol(t, srv)
	imported, err := p.server.ImportResourceState(t.Context(), &tfprotov6.ImportResourceStateRequest{TypeName: "promadapter_rule", ID: "heavywork"})
	p.expectNoErrors(err, imported.Diagnostics)
	setText(srv, foreign)
	read, err := p.server.ReadResource(t.Context(), &tfprotov6.ReadResourceRequest{TypeName: "promadapter_rule", CurrentState: imported.ImportedResources[0].State})
	p.expectNoErrors(err, read.Diagnostics)
	if value, err := read.NewState.Unmarshal(p.state); err != nil || !value.IsNull() {
		t.Errorf("got %v, %v, want no state", value, err)
	}
}
