// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/provider"
)

// handWritten has three rules with the habits of people: comments everywhere, flow style, quotes of both kinds, odd indentation.
const handWritten = `# Rules of the shop. Ask the night shift before you change anything!
resourceRules: {}   # not in use

rules:
    # how many people wait
    - seriesQuery: 'waiting{namespace!=""}'
      resources: {template: "<<.Resource>>"}   # short and sweet
      metricsQuery: 'sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)'

    # CPU time, see the wiki
    - seriesQuery: process_cpu_seconds_total{namespace!="",pod!=""}
      # the labels are Prometheus Operator's
      resources:
        overrides:
          namespace: {resource: namespace}
          pod: {resource: "pod"}
      name:
        as: "acc_adopted"     # for no known reason
      metricsQuery: "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
    # the last one
    - {seriesQuery: 'up{namespace!=""}', resources: {overrides: {namespace: {resource: namespace}}}, name: {as: up_now}, metricsQuery: 'sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)'}
# the end
`

// A rule that was written by hand is adopted as it is: the plan after the import is empty and not a byte has changed. Only a change of
// the resource changes the text, and then only that rule; deleting it leaves all others.
func TestAccRule_adoption(t *testing.T) {
	c := begin(t)
	t.Parallel()
	const address = "promadapter_rule.adopted"
	for name, id := range map[string]string{
		"by metric name": "acc-adopted=metric:acc_adopted",
		"by index":       "acc-adopted=index:1",
	} {
		t.Run(name, func(t *testing.T) {
			p := c.put(t, handWritten)
			config := providerAt(p) + counterRule("adopted")
			block := "import {\n  to = " + address + "\n  id = \"" + id + "\"\n}\n"
			start := strings.Index(handWritten, "    - seriesQuery: process_cpu")
			end := strings.Index(handWritten, "    # the last one")
			changed := func(window string) string {
				inner := "    " + strings.ReplaceAll(strings.TrimSuffix(strings.Replace(counterText("adopted"), "[1m]", window, 1), "\n"), "\n", "\n    ") + "\n"
				return handWritten[:start] + inner + handWritten[end:]
			}
			runSteps(t, resource.TestCase{
				Steps: []resource.TestStep{
					{
						Config: config + block, Check: c.holds(t, p, handWritten), // the adapter must not even be rolled for it: there is none
						ConfigPlanChecks:  expect(address, plancheck.ResourceActionNoop),
						ConfigStateChecks: []statecheck.StateCheck{stateHas(address, "metric", knownvalue.StringExact("acc_adopted"))},
					},
					{Config: config, ConfigPlanChecks: emptyPlan(), Check: c.holds(t, p, handWritten)},
					{ // somebody adds a rule before it: it is still found
						PreConfig: func() {
							c.edit(t, p, func(text string) string {
								return replaceOnce(t, text, "    # how many", "    - {seriesQuery: 'x{namespace!=\"\"}', resources: {template: '<<.Resource>>'}, metricsQuery: 'x{<<.LabelMatchers>>}'}\n    # how many")
							})
						},
						Config: config, ConfigPlanChecks: emptyPlan(),
					},
					{
						PreConfig: func() { c.edit(t, p, func(string) string { return handWritten }) },
						Config:    strings.Replace(providerAt(p)+counterRule("adopted", "wait = false"), "[1m]", "[2m]", 1), ConfigPlanChecks: expect(address, plancheck.ResourceActionUpdate),
						Check: c.holds(t, p, changed("[2m]")),
					},
					{ResourceName: address, ImportState: true, ImportStateId: "acc-adopted", ImportStateVerify: true, ImportStateVerifyIgnore: []string{"wait"}},
				},
				CheckDestroy: c.holds(t, p, handWritten[:start]+handWritten[end:]),
			})
		})
	}
}

// Adopting with the real adapter neither rolls it nor changes what it serves.
func TestAccRule_adoptionWithAdapter(t *testing.T) {
	c := begin(t)
	before := c.text(t, adapter)
	byHand := strings.NewReplacer("# promadapter_rule acc-hand begin\n", "# by hand\n", "# promadapter_rule acc-hand end\n", "").Replace(counterText("hand"))
	c.edit(t, adapter, func(text string) string { return text + byHand })
	t.Cleanup(func() { // whatever happens
		if err := c.write(withoutEnd(t), adapter, func(string) string { return before }); err != nil {
			t.Error(err)
		}
	})
	generation := c.rollouts(t)
	config := counterRule("hand")
	runSteps(t, resource.TestCase{
		Steps: []resource.TestStep{
			{
				Config:           config + "import {\n  to = promadapter_rule.hand\n  id = \"acc-hand=metric:acc_hand\"\n}\n",
				ConfigPlanChecks: expect("promadapter_rule.hand", plancheck.ResourceActionNoop), Check: c.holds(t, adapter, before+byHand),
			},
			{Config: config, ConfigPlanChecks: emptyPlan(), Check: c.holds(t, adapter, before+byHand)},
		},
		CheckDestroy: c.holds(t, adapter, before+"# by hand\n"),
	})
	if rolled := c.rollouts(t) - generation; rolled > 1 { // one for the deletion at the end
		t.Errorf("the adapter was rolled %d times", rolled)
	}
}

// What Terraform 1.12 sends for an import block with an identity leads to the same resource as an id. Older versions cannot send it,
// so the test calls the provider itself.
func TestAccRule_importByIdentity(t *testing.T) {
	c := begin(t)
	t.Parallel()
	p := c.put(t, "rules:\n"+counterText("named"))
	server, err := providerserver.NewProtocol6WithError(provider.New("acceptance")())()
	if err != nil {
		t.Fatal(err)
	}
	schemas, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	settings := schemas.Provider.ValueType().(tftypes.Object)
	values := map[string]tftypes.Value{}
	for name, kind := range settings.AttributeTypes {
		values[name] = tftypes.NewValue(kind, nil)
	}
	values["namespace"], values["config_map"] = tftypes.NewValue(tftypes.String, p.namespace), tftypes.NewValue(tftypes.String, p.name)
	values["deployment"] = tftypes.NewValue(tftypes.String, "")
	block, err := tfprotov6.NewDynamicValue(settings, tftypes.NewValue(settings, values))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := server.ConfigureProvider(t.Context(), &tfprotov6.ConfigureProviderRequest{TerraformVersion: "1.12.0", Config: &block}); err != nil {
		t.Fatal(err)
	}
	identities, err := server.GetResourceIdentitySchemas(t.Context(), &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err != nil {
		t.Fatal(err)
	}
	kind := identities.IdentitySchemas["promadapter_rule"].ValueType().(tftypes.Object)
	given := map[string]tftypes.Value{}
	for name, of := range kind.AttributeTypes {
		given[name] = tftypes.NewValue(of, nil)
	}
	given["name"] = tftypes.NewValue(tftypes.String, "acc-named")
	identity, err := tfprotov6.NewDynamicValue(kind, tftypes.NewValue(kind, given))
	if err != nil {
		t.Fatal(err)
	}
	imported, err := server.ImportResourceState(t.Context(), &tfprotov6.ImportResourceStateRequest{
		TypeName: "promadapter_rule", Identity: &tfprotov6.ResourceIdentityData{IdentityData: &identity},
	})
	if err != nil || len(imported.Diagnostics) > 0 || len(imported.ImportedResources) != 1 {
		t.Fatalf("import by identity: %v, %+v", err, imported)
	}
	found := imported.ImportedResources[0]
	read, err := server.ReadResource(t.Context(), &tfprotov6.ReadResourceRequest{
		TypeName: "promadapter_rule", CurrentState: found.State, Private: found.Private, CurrentIdentity: found.Identity,
	})
	if err != nil || len(read.Diagnostics) > 0 {
		t.Fatalf("read after the import: %v, %+v", err, read)
	}
	state, err := read.NewState.Unmarshal(schemas.ResourceSchemas["promadapter_rule"].ValueType())
	if err != nil {
		t.Fatal(err)
	}
	attributes := map[string]tftypes.Value{}
	if err := state.As(&attributes); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"id": p.namespace + "/" + p.name + "/acc-named", "metric": "acc_named", "kind": "custom"} {
		if got := text(t, attributes[name]); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	whole, err := read.NewIdentity.IdentityData.Unmarshal(kind)
	if err != nil {
		t.Fatal(err)
	}
	parts := map[string]tftypes.Value{}
	if err := whole.As(&parts); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"name": "acc-named", "namespace": p.namespace, "config_map": p.name, "config_key": configKey} {
		if got := text(t, parts[name]); got != want {
			t.Errorf("%s of the identity is %q, want %q", name, got, want)
		}
	}
}

func text(t *testing.T, value tftypes.Value) string {
	t.Helper()
	var s string
	if err := value.As(&s); err != nil {
		t.Fatal(err)
	}
	return s
}
