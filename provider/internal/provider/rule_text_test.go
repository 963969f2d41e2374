// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
)

const listAll = "\ndata \"promadapter_rules\" \"all\" {}\n"

// begun is heavywork's text in a list that was not there.
const begun = "rules:\n# promadapter_rule list before: none\n" + heavyworkText

// A rule that comes and goes leaves the text as it was, whatever this was.
func TestRule_leavesNoTrace(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ text, with string }{
		"empty":                     {"", begun},
		"only a comment":            {"# ours", "# ours\n" + strings.TrimSuffix(begun, "\n")},
		"another key":               {"externalRules: []\n", "externalRules: []\n" + begun},
		"a key without value":       {"rules: # ours\n", "rules: # ours\n# promadapter_rule list before: \"rules: # ours\\n\"\n" + heavyworkText},
		"an empty document behind":  {"---\nrules: []\n---\n", "---\nrules:\n" + heavyworkText + "---\n"},
		"a document end and a rest": {"rules:\n- seriesQuery: x\n  metricsQuery: y\n...\n# c\n--- # d\n", "rules:\n- seriesQuery: x\n  metricsQuery: y\n" + heavyworkText + "...\n# c\n--- # d\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := newServer(t, tt.text)
			runSteps(t, srv, resource.TestCase{
				Steps: []resource.TestStep{
					{Config: heavywork(srv.URL), Check: resource.ComposeTestCheckFunc(expectText(srv, tt.with), expectRollouts(srv, 1))},
					{Config: heavywork(srv.URL) + listAll, ConfigPlanChecks: emptyPlan()},
				},
				CheckDestroy: expectText(srv, tt.text),
			})
		})
	}
}

// A text of several documents, of which all but one are empty, is adopted from like any other.
func TestRule_adoptFromDocuments(t *testing.T) {
	t.Parallel()
	srv := newServer(t, "---\n"+handWritten+"---\n# nothing\n")
	config := heavywork(srv.URL)
	runSteps(t, srv, resource.TestCase{
		Steps: []resource.TestStep{
			{Config: config, ResourceName: address, ImportState: true, ImportStateId: "heavywork=index:1", ImportStatePersist: true},
			{Config: config, ConfigPlanChecks: emptyPlan()},
			{
				Config: heavywork(srv.URL, `wait_timeout = "1m"`), ConfigPlanChecks: expectAction(plancheck.ResourceActionUpdate),
				Check: expectText(srv, "---\n"+adopted+"---\n# nothing\n"),
			},
		},
		CheckDestroy: expectText(srv, "---\n"+adopted[:strings.Index(adopted, "# promadapter_rule")]+adopted[strings.Index(adopted, "# the last"):]+"---\n# nothing\n"),
	})
}

// anchored has heavywork take a part of the rule in front of it by an alias.
const anchored = `rules:
- seriesQuery: other{}
  resources: &perPod
    overrides: {namespace: {resource: namespace}, pod: {resource: pod}}
  metricsQuery: other
- seriesQuery: heavywork_requests_total{namespace!="",pod!=""}
  resources: *perPod
  name: {matches: ^(.*)_total$, as: "${1}_per_second"}
  metricsQuery: sum(rate(<<.Series>>{<<.LabelMatchers>>}[15s])) by (<<.GroupBy>>)
`

// A rule with an alias is adopted, changed and destroyed; one that others take a part of is not adopted, and they stay as they are.
func TestRule_adoptWithAnchors(t *testing.T) {
	t.Parallel()
	srv := newServer(t, anchored)
	config := heavywork(srv.URL)
	before, _, _ := strings.Cut(anchored, "- seriesQuery: heavywork")
	runSteps(t, srv, resource.TestCase{
		Steps: []resource.TestStep{
			{
				Config: config, ResourceName: address, ImportState: true, ImportStateId: "heavywork=index:0",
				ExpectError: regexp.MustCompile(wrapped("Rule cannot be adopted") + "(?s).*" + wrapped(`\*perPod at line 7, in the rule at line 6, is &perPod at line 3`)),
			},
			{Config: config, ResourceName: address, ImportState: true, ImportStateId: "heavywork=index:1", ImportStatePersist: true},
			{Config: config, ConfigPlanChecks: emptyPlan(), Check: expectText(srv, anchored)},
			{
				Config:           strings.Replace(config, "[15s]", "[1m]", 1),
				ConfigPlanChecks: expectAction(plancheck.ResourceActionUpdate),
				Check:            expectText(srv, before+strings.Replace(heavyworkText, "[15s]", "[1m]", 1)),
			},
		},
		CheckDestroy: expectText(srv, before),
	})
}

// What the adapter would not start with is refused before anything is written, and the data source says so.
func TestRule_textThatTheAdapterRefuses(t *testing.T) {
	t.Parallel()
	srv := newServer(t, "rules: []\n")
	const bad = "Rules:\n- seriesQuery: x\n  metricsQuery: x\n"
	reason := "(?s).*" + wrapped(`line 1: the adapter does not know the key "Rules"`)
	runSteps(t, srv, resource.TestCase{
		Steps: []resource.TestStep{
			{PreConfig: func() { setText(srv, bad) }, Config: heavywork(srv.URL), ExpectError: regexp.MustCompile(wrapped("Config map was left alone") + reason)},
			{PreConfig: func() { setText(srv, "rules: []\n") }, Config: heavywork(srv.URL)},
			{PreConfig: func() { setText(srv, bad+"rules:\n"+heavyworkText) }, Config: heavywork(srv.URL), Destroy: true, ExpectError: regexp.MustCompile(wrapped("Config map was left alone") + reason)},
			{ // the data source lists what there is, with a warning
				Config:            providerBlock(srv.URL) + listAll + heavywork("")[strings.Index(heavywork(""), "\nresource"):],
				ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectKnownValue("data.promadapter_rules.all", tfjsonpath.New("rules"), knownvalue.ListSizeExact(1))},
			},
			{PreConfig: func() { setText(srv, "rules:\n"+heavyworkText) }, Config: heavywork(srv.URL)},
		},
		CheckDestroy: expectRollouts(srv, 2),
	})
}

func TestRulesDataSource_textThatTheAdapterRefuses(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ text, part string }{
		"misspelt key of the root": {"Rules:\n- seriesQuery: x\n", `line 1: the adapter does not know the key "Rules"`},
		"misspelt key of a rule":   {"rules:\n- seriesQuery: x\n  metricQuery: y\n", `line 3: the adapter does not know the key "metricQuery"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found := warnings(t, providerBlock(newServer(t, tt.text).URL)+listAll)
			if detail := found["Adapter refuses the text"]; !strings.Contains(detail, tt.part) || !strings.Contains(detail, "monitoring/adapter-config") {
				t.Errorf("want a warning with %q, got %v", tt.part, found)
			}
		})
	}
}

// From a text with a misspelt key nothing is adopted, and the reason names the line in the text.
func TestRule_adoptMisspelt(t *testing.T) {
	t.Parallel()
	srv := newServer(t, "rules:\n- seriesQuery: x\n  metricQuery: y\n- seriesQuery: y\n  metricsQuery: y\n")
	var steps []resource.TestStep
	for _, id := range []string{"heavywork=index:0", "heavywork=index:1", "heavywork=index:2"} {
		steps = append(steps, resource.TestStep{
			Config: heavywork(srv.URL), ResourceName: address, ImportState: true, ImportStateId: id,
			ExpectError: regexp.MustCompile(wrapped("Rule cannot be adopted") + "(?s).*" + wrapped(`line 3: the adapter does not know the key "metricQuery"`)),
		})
	}
	runSteps(t, srv, resource.TestCase{Steps: steps})
}
