// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
)

const listAll = "\ndata \"promadapter_rules\" \"all\" {}\n"

// begun is heavywork's text in a new list.
const begun = "rules:\n# promadapter_rule list before: none\n" + heavyworkText

// A rule that is created and destroyed leaves the text as it was.
func TestRule_leavesNoTrace(t *testing.T) {
	t.Parallel()
	var config, list string
	var with, gone []resource.TestCheckFunc
	factories := map[string]func() (tfprotov6.ProviderServer, error){}
	for i, tt := range []struct{ text, with string }{
		{"", begun},
		{"# ours", "# ours\n" + strings.TrimSuffix(begun, "\n")},
		{"externalRules: []\n", "externalRules: []\n" + begun},
		{"rules: # ours\n", "rules: # ours\n# promadapter_rule list before: \"rules: # ours\\n\"\n" + heavyworkText},
		{"---\nrules: []\n---\n", "---\nrules:\n" + heavyworkText + "---\n"},
		{"rules:\n- seriesQuery: x\n  metricsQuery: y\n...\n# c\n--- # d\n", "rules:\n- seriesQuery: x\n  metricsQuery: y\n" + heavyworkText + "...\n# c\n--- # d\n"},
	} {
		srv, name := newServer(t, tt.text), fmt.Sprintf("case%d", i) // each with a provider and an adapter of its own
		factories[name] = factory(testWaits)
		config += strings.NewReplacer(`provider "promadapter"`, `provider "`+name+`"`, `"promadapter_rule" "heavywork" {`, `"promadapter_rule" "`+name+`" {`+"\n  provider = "+name).Replace(heavywork(srv.URL))
		list += fmt.Sprintf("data \"promadapter_rules\" %[1]q {\n  provider = %[1]s\n}\n", name)
		with = append(with, expectText(srv, tt.with), expectRollouts(srv, 1))
		gone = append(gone, expectText(srv, tt.text))
	}
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: factories,
		Steps: []resource.TestStep{
			{Config: config, Check: resource.ComposeTestCheckFunc(with...)},
			{Config: config + list, ConfigPlanChecks: emptyPlan()},
		},
		CheckDestroy: resource.ComposeTestCheckFunc(gone...),
	})
}

// A text of several documents, of which all but one are empty, is adopted from like any other.
func TestRule_adoptFromDocuments(t *testing.T) {
	t.Parallel()
	srv := newServer(t, "---\n"+handWritten+"---\n# nothing\n")
	config := heavywork(srv.URL)
	runSteps(t, resource.TestCase{
		Steps: []resource.TestStep{
			{Config: config, ResourceName: address, ImportState: true, ImportStateId: "heavywork=index:1", ImportStatePersist: true},
			{Config: config, ConfigPlanChecks: emptyPlan()},
			{
				Config: heavywork(srv.URL, waitAtMost("1m")), ConfigPlanChecks: expectAction(plancheck.ResourceActionUpdate),
				Check: expectText(srv, "---\n"+adopted+"---\n# nothing\n"),
			},
		},
		CheckDestroy: expectText(srv, "---\n"+adopted[:strings.Index(adopted, "# promadapter_rule")]+adopted[strings.Index(adopted, "# the last"):]+"---\n# nothing\n"),
	})
}

// anchored has a rule heavywork with an alias of a part of the rule before it.
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

// A rule with an alias is adopted, changed and destroyed; a rule with an anchor that others use is not adopted, and they stay unchanged.
func TestRule_adoptWithAnchors(t *testing.T) {
	t.Parallel()
	srv := newServer(t, anchored)
	config := heavywork(srv.URL)
	before, _, _ := strings.Cut(anchored, "- seriesQuery: heavywork")
	runSteps(t, resource.TestCase{
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

// A text that the adapter would not start with is refused before anything is written, and the data source warns about it.
func TestRule_textThatTheAdapterRefuses(t *testing.T) {
	t.Parallel()
	srv := newServer(t, "rules: []\n")
	const bad = "Rules:\n- seriesQuery: x\n  metricsQuery: x\n"
	reason := "(?s).*" + wrapped(`line 1: the adapter does not know the key "Rules"`)
	runSteps(t, resource.TestCase{
		Steps: []resource.TestStep{
			{PreConfig: func() { setText(srv, bad) }, Config: heavywork(srv.URL), ExpectError: regexp.MustCompile(wrapped("Config map was left alone") + reason)},
			{PreConfig: func() { setText(srv, "rules: []\n") }, Config: heavywork(srv.URL)},
			{PreConfig: func() { setText(srv, bad+"rules:\n"+heavyworkText) }, Config: heavywork(srv.URL), Destroy: true, ExpectError: regexp.MustCompile(wrapped("Config map was left alone") + reason)},
			{ // the data source lists the rules, with a warning
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
	configs := map[string]string{}
	for part, text := range map[string]string{
		`line 1: the adapter does not know the key "Rules"`:       "Rules:\n- seriesQuery: x\n",
		`line 3: the adapter does not know the key "metricQuery"`: "rules:\n- seriesQuery: x\n  metricQuery: y\n",
	} {
		configs[part] = providerBlock(newServer(t, text).URL) + listAll
	}
	for part, found := range runEach(t, (*terraformRun).plan, configs) {
		found = slices.DeleteFunc(found, func(d diagnostic) bool { return d.Summary == "Rule is not readable" })
		expectWarning(t, part, found, "Adapter refuses the text", part, "monitoring/adapter-config")
		delete(configs, part)
	}
	if len(configs) > 0 {
		t.Errorf("no warning about %v", configs)
	}
}

// From a text with a misspelt key nothing is adopted, and the reason names the line in the text.
func TestRule_adoptMisspelt(t *testing.T) {
	t.Parallel()
	srv := newServer(t, "rules:\n- seriesQuery: x\n  metricQuery: y\n- seriesQuery: y\n  metricsQuery: y\n")
	reason := `Rule cannot be adopted: .*line 3: the adapter does not know the key "metricQuery"`
	expectImportErrors(t, srv.URL, map[string]string{"heavywork=index:0": reason, "heavywork=index:1": reason, "heavywork=index:2": reason})
}

// expectImportErrors plans imports with these ids, each of which must fail with an error that matches.
func expectImportErrors(t *testing.T, url string, want map[string]string) {
	t.Helper()
	config, resources := providerBlock(url), heavywork("")[len(providerBlock("")):]
	ids := slices.Sorted(maps.Keys(want))
	for i, id := range ids {
		name := fmt.Sprintf("case%d", i)
		config += strings.Replace(resources, `"promadapter_rule" "heavywork"`, `"promadapter_rule" "`+name+`"`, 1) + importBlock("promadapter_rule."+name, id)
	}
	found := newTerraformRun(t, map[string]string{"main.tf": config}).plan(t)
	for _, id := range ids {
		pattern := regexp.MustCompile(want[id])
		i := slices.IndexFunc(found, func(d diagnostic) bool {
			return d.Severity == "error" && pattern.MatchString(oneLine(d.Summary+": "+d.Detail))
		})
		if i < 0 {
			t.Errorf("%s: no error matches %q: %+v", id, pattern, found)
			continue
		}
		found = slices.Delete(found, i, i+1)
	}
	if len(found) > 0 {
		t.Errorf("besides: %+v", found)
	}
}
