// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
)

const foreignRules = `# what somebody wrote by hand
rules:
# the office needs this one
- seriesQuery: 'up{namespace!=""}'   # odd quotes
  resources: {overrides: {namespace: {resource: namespace}}}
  name: {matches: "", as: "reachable"}
  metricsQuery: 'sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)'
`

// Changes by hand in a rule, or around it, are detected and repaired; the rules of others stay as they are.
func TestAccRule_drift(t *testing.T) {
	c := begin(t)
	t.Parallel()
	const address = "promadapter_rule.drift"
	p := c.put(t, foreignRules)
	config := providerAt(p) + counterRule("drift", "wait = false")
	good := c.holds(t, p, foreignRules+counterText("drift"))
	byHand := func(edit func(string) string) func() { return func() { c.edit(t, p, edit) } }
	runSteps(t, resource.TestCase{
		Steps: []resource.TestStep{
			{Config: config, Check: good},
			{
				PreConfig: byHand(func(text string) string { return replaceOnce(t, text, "[1m]", "[5m]") }),
				Config:    config, ConfigPlanChecks: expect(address, plancheck.ResourceActionUpdate), Check: good,
			},
			{
				PreConfig: byHand(func(text string) string { return replaceOnce(t, text, counterText("drift"), "") }),
				Config:    config, ConfigPlanChecks: expect(address, plancheck.ResourceActionCreate), Check: good,
			},
			{
				PreConfig: byHand(func(text string) string {
					return replaceOnce(t, text, "  metricsQuery: sum(rate", "  metricQuery: sum(rate")
				}),
				Config: config, ConfigPlanChecks: expect(address, plancheck.ResourceActionUpdate), Check: good,
			},
			{ // a change of a foreign rule is not drift, and stays
				PreConfig: byHand(func(text string) string { return replaceOnce(t, text, "# the office", "# everybody") }),
				Config:    config, ConfigPlanChecks: emptyPlan(),
				Check: c.holds(t, p, strings.Replace(foreignRules, "# the office", "# everybody", 1)+counterText("drift")),
			},
		},
		CheckDestroy: c.holds(t, p, strings.Replace(foreignRules, "# the office", "# everybody", 1)),
	})
}

// A config map that was emptied or deleted is created again, and the plan warns about what is lost with it.
func TestAccRule_configMapLost(t *testing.T) {
	c := begin(t)
	t.Parallel()
	p := c.put(t, foreignRules)
	dir := folder(t, providerAt(p)+counterRule("lost", "wait = false"))
	apply := func(what string) string {
		t.Helper()
		out, err := shared.terraform.Run(t.Context(), dir, "apply", "-auto-approve", "-no-color")
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		return flat(string(out))
	}
	apply("first apply")

	for _, loss := range []struct {
		name    string
		inflict func()
		want    string
	}{
		{"emptied", func() { c.edit(t, p, func(string) string { return "" }) }, "rules:\n# promadapter_rule list before: none\n" + counterText("lost")},
		{"deleted", func() { c.remove(t, p) }, "rules:\n# promadapter_rule list before: none\n" + counterText("lost")},
	} {
		loss.inflict()
		out := apply(loss.name)
		if !strings.Contains(out, "Warning: Config map") || !strings.Contains(out, p.namespace+"/"+p.name) || !strings.Contains(out, "acc-lost") {
			t.Errorf("%s: no warning names the config map and the rule: %s", loss.name, out)
		}
		if text := c.text(t, p); text != loss.want {
			t.Errorf("%s: %s holds\n%s\nwant\n%s", loss.name, p, text, loss.want)
		}
	}
	if out, err := shared.terraform.Run(t.Context(), dir, "destroy", "-auto-approve", "-no-color"); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	if text := c.text(t, p); text != "" {
		t.Errorf("after destroy %s holds %q", p, text)
	}
}
