// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
)

// handWritten is heavywork as a person would write it, between two other rules.
const handWritten = `# rules of the team
rules:
- seriesQuery: 'other{}' # keep
  metricsQuery:   other

# what the web tier does
- seriesQuery: 'heavywork_requests_total{namespace!="",pod!=""}'   # from the app
  resources: {overrides: {namespace: {resource: namespace}, pod: {resource: pod}}}
  name:
    matches: "^(.*)_total$"
    as: "${1}_per_second"   # rate
  metricsQuery: 'sum(rate(<<.Series>>{<<.LabelMatchers>>}[15s])) by (<<.GroupBy>>)'
# the last one
- seriesQuery: 'last{}'
  metricsQuery: last
`

// adopted is handWritten with our markers around the rule.
var adopted = strings.NewReplacer(
	"- seriesQuery: 'heavywork", "# promadapter_rule heavywork begin\n- seriesQuery: 'heavywork",
	"# the last", "# promadapter_rule heavywork end\n# the last",
).Replace(handWritten)

// An adopted rule keeps every byte; the import writes nothing, the plan after it is empty, and the first change adds the markers.
// Destroying it removes nothing else, with markers or without.
func TestRule_adopt(t *testing.T) {
	t.Parallel()
	for name, id := range map[string]string{
		"by metric": "heavywork=metric:heavywork_requests_per_second",
		"by index":  "heavywork=index:1",
		"by place":  "monitoring/adapter-config/heavywork=index:1",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := newServer(t, handWritten)
			config := heavywork(srv.URL)
			steps := []resource.TestStep{
				{Config: config, ResourceName: address, ImportState: true, ImportStateId: id, ImportStatePersist: true},
				{Config: config, ConfigPlanChecks: emptyPlan(), Check: expectText(srv, handWritten)},
				{ // somebody adds a rule before it: it is found again
					PreConfig: func() {
						setText(srv, strings.Replace(handWritten, "rules:\n", "rules:\n- seriesQuery: 'new{}'\n  metricsQuery: new\n", 1))
					},
					Config: config, ConfigPlanChecks: emptyPlan(),
				},
				{ // an edit by hand is detected, as in any other rule
					PreConfig: func() { setText(srv, strings.Replace(handWritten, "15s", "1m", 1)) },
					Config:    config, PlanOnly: true, ExpectNonEmptyPlan: true,
				},
				{
					PreConfig: func() { setText(srv, handWritten) },
					Config:    heavywork(srv.URL, waitAtMost("1m")), ConfigPlanChecks: expectAction(plancheck.ResourceActionUpdate),
					Check: expectText(srv, adopted),
				},
				{Config: heavywork(srv.URL, waitAtMost("1m")), ConfigPlanChecks: emptyPlan()},
			}
			if name != "by metric" { // from then on it makes no difference how the rule was found
				steps = steps[:2]
			}
			runSteps(t, resource.TestCase{
				Steps:        steps,
				CheckDestroy: expectText(srv, adopted[:strings.Index(adopted, "# promadapter_rule")]+adopted[strings.Index(adopted, "# the last"):]),
			})
		})
	}
}

// An import block adopts while Terraform plans: the plan must not write, and the apply changes nothing but the state.
func TestRule_adoptByImportBlock(t *testing.T) {
	t.Parallel()
	srv := newServer(t, handWritten)
	config := heavywork(srv.URL) + "\nimport {\n  to = " + address + "\n  id = \"heavywork=metric:heavywork_requests_per_second\"\n}\n"
	runSteps(t, resource.TestCase{
		Steps: []resource.TestStep{
			{Config: config, ConfigPlanChecks: expectAction(plancheck.ResourceActionNoop), Check: expectText(srv, handWritten)},
			{Config: heavywork(srv.URL), ConfigPlanChecks: emptyPlan()},
		},
	})
}

func TestRule_adoptRefuses(t *testing.T) {
	t.Parallel()
	srv := newServer(t, strings.Replace(handWritten, "# the last one\n", "# promadapter_rule taken begin\n- seriesQuery: taken\n  metricsQuery: taken\n# promadapter_rule taken end\n"+
		"- seriesQuery: twice\n  metricsQuery: a\n- seriesQuery: twice\n  metricsQuery: b\n", 1))
	before := text(srv)
	expectImportErrors(t, srv.URL, map[string]string{
		"heavywork=metric:nope":      `No rule to adopt.*metric:nope; there are 6 rules`,
		"heavywork=metric:twice":     `several rules match.*index:3.*index:4`,
		"heavywork=metric:taken":     `managed already`,
		"heavywork=index:9":          `No rule to adopt.*not found: index:9`,
		"heavywork=external_index:0": `No rule to adopt.*external_index:0`,
		"heavywork=index:x":          `Invalid import id.*needs a number`,
		"heavywork=line:3":           `Invalid import id.*metric:NAME`,
		"taken=index:0":              `Rule exists already.*"taken"`,
	})
	if got := text(srv); got != before {
		t.Errorf("the text has changed to\n%s", got)
	}
}

// A resource that is renamed in the configuration keeps its rule.
func TestRule_movedBlock(t *testing.T) {
	t.Parallel()
	srv := newServer(t, "rules: []\n")
	moved := strings.Replace(heavywork(srv.URL), `"promadapter_rule" "heavywork"`, `"promadapter_rule" "renamed"`, 1) +
		"\nmoved {\n  from = promadapter_rule.heavywork\n  to   = promadapter_rule.renamed\n}\n"
	runSteps(t, resource.TestCase{
		Steps: []resource.TestStep{
			{Config: heavywork(srv.URL)},
			{
				Config: moved, Check: resource.ComposeTestCheckFunc(expectText(srv, "rules:\n"+heavyworkText), expectRollouts(srv, 1)),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction("promadapter_rule.renamed", plancheck.ResourceActionNoop)}},
			},
		},
	})
}
