// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"fmt"
	"strings"
	"testing"
)

// expectWarnings plans configurations and wants one warning for each, with the parts, or none if there are no parts.
func expectWarnings(t *testing.T, summary string, cases map[string]warningCase) {
	t.Helper()
	configs := map[string]string{}
	for name, c := range cases {
		configs[name] = c.config
	}
	found := runEach(t, (*terraformRun).plan, configs)
	for name, c := range cases {
		expectWarning(t, name, found[name], summary, c.want...)
	}
}

type warningCase struct {
	config string
	want   []string
}

func expectWarning(t *testing.T, name string, found []diagnostic, summary string, parts ...string) {
	t.Helper()
	if parts == nil {
		if len(found) > 0 {
			t.Errorf("%s: unexpected %+v", name, found)
		}
		return
	}
	if len(found) != 1 || found[0].Severity != "warning" || found[0].Summary != summary {
		t.Errorf("%s: want one warning %q, got %+v", name, summary, found)
		return
	}
	for _, part := range parts {
		if !strings.Contains(oneLine(found[0].Detail), part) {
			t.Errorf("%s: the warning lacks %q: %s", name, part, found[0].Detail)
		}
	}
}

// second is another rule that makes the metric of heavywork.
func second(resources string) string {
	return `
resource "promadapter_rule" "second" {
  name          = "second"
  series_query  = "other_requests_total{namespace!=\"\"}"
  resources     = { overrides = { namespace = { resource = "namespace" }, ` + resources + ` } }
  metric_name   = { as = "heavywork_requests_per_second" }
  metrics_query = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"
}
`
}

func TestRuleWarnings_clash(t *testing.T) {
	t.Parallel()
	const summary = "Metric of another rule"
	beside := func(text string) string { return heavywork(newServer(t, text).URL) }
	const pattern = "rules:\n- seriesQuery: '{namespace!=\"\",__name__!~\"^node_.*\"}'\n  seriesFilters: [{isNot: .*_seconds_total}]\n" +
		"  resources: {template: <<.Resource>>}\n  name: {matches: ^(.*)_total$, as: \"${1}_per_second\"}\n  metricsQuery: x\n"
	expectWarnings(t, summary, map[string]warningCase{
		"two rules of a plan, without a cluster": {
			heavywork(nowhere) + second(`pod = { resource = "pods" }`), []string{`"heavywork_requests_per_second"`, "of this configuration", "metric_name.as"},
		},
		"other objects": {heavywork(nowhere) + second(`service = { resource = "service" }`), nil}, // two rules may share a name for different ones
		"a rule that something else wrote": {
			beside("rules:\n- seriesQuery: heavywork_requests_per_second\n  resources: {template: <<.Resource>>}\n  metricsQuery: x\n"),
			[]string{`a rule that something else wrote`, "line 2"},
		},
		"a rule of another configuration": {
			beside("rules:\n" + strings.ReplaceAll(heavyworkText, "promadapter_rule heavywork", "promadapter_rule theirs")), []string{`the rule "theirs" in`},
		},
		"a pattern that something else wrote": {beside(pattern), []string{
			`"heavywork_requests_per_second" of the series heavywork_requests_total`, "a rule that something else wrote into", "line 2",
			"its pattern maps the same series to the same name", "comes last",
		}},
		"a pattern for external metrics":       {beside(strings.Replace(pattern, "rules", "externalRules", 1)), nil},
		"a pattern that leaves the series out": {beside(strings.Replace(pattern, "^node_", "^heavywork_", 1)), nil},
		"our pattern and the rule of something else": {
			strings.Replace(beside(handWritten), `"heavywork_requests_total{namespace!=\"\",pod!=\"\"}"`, `"{__name__=~\"^heavywork_.*\",pod!=\"\"}"`, 1),
			[]string{"The pattern of this rule maps the series heavywork_requests_total", `"heavywork_requests_per_second"`, "line 7", "series_filters"},
		},
	})
	// Modules can have no import blocks.
	twin := handWritten + strings.TrimPrefix(strings.ReplaceAll(heavyworkText, "# promadapter_rule", "# about"), "# about heavywork begin\n")
	for name, tt := range map[string]struct {
		text, id string
		want     []string
	}{
		"a rule that is adopted is not another one, by metric": {handWritten, "heavywork=metric:heavywork_requests_per_second", nil},
		"a rule that is adopted is not another one, by index":  {handWritten, "heavywork=index:1", nil},
		"the twin of a rule that is adopted":                   {twin, "heavywork=index:1", []string{"a rule that something else wrote", "line 16"}},
	} {
		config := beside(tt.text) + importBlock(address, tt.id)
		expectWarning(t, name, newTerraformRun(t, map[string]string{"main.tf": config}).plan(t), summary, tt.want...)
	}
}

func importBlock(to, id string) string {
	return fmt.Sprintf("\nimport {\n  to = %s\n  id = %q\n}\n", to, id)
}

// The plan warns once of what the apply would refuse, whether rules are created, kept or destroyed.
func TestRuleWarnings_text(t *testing.T) {
	t.Parallel()
	const summary = "Config map cannot be edited"
	cases := map[string]warningCase{}
	for name, tt := range map[string]struct {
		text string
		want []string
	}{
		"not YAML":              {"rules: {", []string{"not valid YAML: line 1"}},
		"a quote inside quotes": {"rules:\n- seriesQuery: x\n  name: {as: y}\n  metricsQuery: \"x{path=\"/\"}\"\n- seriesQuery: y\n", []string{"not valid YAML: line 4: did not find expected key"}},
		"a misspelt key":        {"Rules:\n- seriesQuery: x\n  metricsQuery: x\n", []string{"line 1", `"Rules"`, "rules, resourceRules, externalRules"}},
		"a key of a rule":       {"rules:\n- seriesQuery: x\n  metricQuery: x\n", []string{"line 3", `"metricQuery"`}},
		"several documents":     {"rules: []\n---\nrules: []\n", []string{"more than one YAML document"}},
	} {
		cases[name] = warningCase{ // two rules, and one warning
			heavywork(newServer(t, tt.text).URL) + second(`service = { resource = "service" }`), append(tt.want, "monitoring/adapter-config"),
		}
	}
	expectWarnings(t, summary, cases)
	// a rule that stays, and goes
	srv := newServer(t, "rules: []\n")
	run := newTerraformRun(t, map[string]string{"main.tf": heavywork(srv.URL, "wait = false")})
	run.run(t, "apply", "-json", "-auto-approve")
	setText(srv, text(srv)+"last: 1\n")
	for _, arg := range []string{"-destroy=false", "-destroy"} {
		if out := string(run.run(t, "plan", "-json", "-input=false", arg)); strings.Count(out, `"summary":"`+summary) != 1 || !strings.Contains(out, "the adapter does not know the key") {
			t.Errorf("plan %s says %s", arg, out)
		}
	}
}

func TestRuleWarnings_window(t *testing.T) {
	t.Parallel()
	const summary = "Rate window too short"
	provider := func(interval string) string {
		return strings.Replace(heavywork(nowhere), "provider \"promadapter\" {\n", "provider \"promadapter\" {\n  scrape_interval = "+interval+"\n", 1)
	}
	expectWarnings(t, summary, map[string]warningCase{
		"the provider's interval":          {provider(`"15s"`), []string{"over 15s", "the scrape interval is 15s", "[1m]"}},
		"twice the interval":               {provider(`"7500ms"`), nil},
		"the rule's own goes before":       {strings.Replace(provider(`"15s"`), `metric_name =`, "scrape_interval = \"2s\"\n  metric_name =", 1), nil},
		"not known":                        {heavywork(nowhere), nil},
		"not known, too short for any":     {strings.Replace(heavywork(nowhere), "[15s]", "[9s]", 1), []string{"over 9s", "more often than every 5s", "set scrape_interval"}},
		"known only when it is applied":    {provider(`terraform_data.window.output`) + later, nil},
		"a query that is not known as yet": {strings.Replace(provider(`"15s"`), "[15s]", "[${terraform_data.window.output}]", 1) + later, nil},
	})
}
