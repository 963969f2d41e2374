// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"fmt"
	"strings"
	"testing"
)

// warnings returns those of a plan, by summary.
func warnings(t *testing.T, config string) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, d := range newTerraformRun(t, map[string]string{"main.tf": config}).plan(t) {
		if d.Severity == "error" {
			t.Errorf("unexpected error: %+v", d)
		}
		found[d.Summary] = oneLine(d.Detail)
	}
	return found
}

func expectWarning(t *testing.T, found map[string]string, summary string, parts ...string) {
	t.Helper()
	detail, ok := found[summary]
	if !ok || len(found) != 1 {
		t.Fatalf("want one warning %q, got %v", summary, found)
	}
	for _, part := range parts {
		if !strings.Contains(detail, part) {
			t.Errorf("the warning lacks %q: %s", part, detail)
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
	t.Run("two rules of a plan, without a cluster", func(t *testing.T) {
		t.Parallel()
		found := warnings(t, heavywork(nowhere)+second(`pod = { resource = "pods" }`))
		expectWarning(t, found, summary, `"heavywork_requests_per_second"`, "of this configuration", "metric_name.as")
	})
	t.Run("other objects", func(t *testing.T) {
		t.Parallel()
		if found := warnings(t, heavywork(nowhere)+second(`service = { resource = "service" }`)); len(found) > 0 {
			t.Errorf("two rules may share a name for different resources, yet got %v", found)
		}
	})
	t.Run("a rule that something else wrote", func(t *testing.T) {
		t.Parallel()
		srv := newServer(t, "rules:\n- seriesQuery: heavywork_requests_per_second\n  resources: {template: <<.Resource>>}\n  metricsQuery: x\n")
		expectWarning(t, warnings(t, heavywork(srv.URL)), summary, `a rule that something else wrote`, "line 2")
	})
	t.Run("a rule of another configuration", func(t *testing.T) {
		t.Parallel()
		srv := newServer(t, "rules:\n"+strings.ReplaceAll(heavyworkText, "promadapter_rule heavywork", "promadapter_rule theirs"))
		expectWarning(t, warnings(t, heavywork(srv.URL)), summary, `the rule "theirs" in`)
	})
	adoption := func(id string) string {
		return fmt.Sprintf("\nimport {\n  to = %s\n  id = %q\n}\n", address, id)
	}
	t.Run("a rule that is adopted is not another one", func(t *testing.T) {
		t.Parallel()
		for _, id := range []string{"heavywork=metric:heavywork_requests_per_second", "heavywork=index:1"} {
			if found := warnings(t, heavywork(newServer(t, handWritten).URL)+adoption(id)); len(found) > 0 {
				t.Errorf("%s: unexpected warnings %v", id, found)
			}
		}
	})
	t.Run("the twin of a rule that is adopted", func(t *testing.T) {
		t.Parallel()
		srv := newServer(t, handWritten+strings.TrimPrefix(strings.ReplaceAll(heavyworkText, "# promadapter_rule", "# about"), "# about heavywork begin\n"))
		expectWarning(t, warnings(t, heavywork(srv.URL)+adoption("heavywork=index:1")), summary, "a rule that something else wrote", "line 16")
	})
	const pattern = "rules:\n- seriesQuery: '{namespace!=\"\",__name__!~\"^node_.*\"}'\n  seriesFilters: [{isNot: .*_seconds_total}]\n" +
		"  resources: {template: <<.Resource>>}\n  name: {matches: ^(.*)_total$, as: \"${1}_per_second\"}\n  metricsQuery: x\n"
	t.Run("a pattern that something else wrote", func(t *testing.T) {
		t.Parallel()
		expectWarning(t, warnings(t, heavywork(newServer(t, pattern).URL)), summary, `"heavywork_requests_per_second" of the series heavywork_requests_total`,
			"a rule that something else wrote into", "line 2", "its pattern takes the same series to the same name", "comes last")
	})
	t.Run("a pattern for external metrics", func(t *testing.T) {
		t.Parallel()
		if found := warnings(t, heavywork(newServer(t, strings.Replace(pattern, "rules", "externalRules", 1)).URL)); len(found) > 0 {
			t.Errorf("external metrics are others, yet got %v", found)
		}
	})
	t.Run("a pattern that leaves the series out", func(t *testing.T) {
		t.Parallel()
		if found := warnings(t, heavywork(newServer(t, strings.Replace(pattern, "^node_", "^heavywork_", 1)).URL)); len(found) > 0 {
			t.Errorf("unexpected warnings %v", found)
		}
	})
	t.Run("our pattern and the rule of something else", func(t *testing.T) {
		t.Parallel()
		ours := strings.Replace(heavywork(newServer(t, handWritten).URL), `"heavywork_requests_total{namespace!=\"\",pod!=\"\"}"`, `"{__name__=~\"^heavywork_.*\",pod!=\"\"}"`, 1)
		expectWarning(t, warnings(t, ours), summary, "The pattern of this rule takes the series heavywork_requests_total", `"heavywork_requests_per_second"`, "line 7", "series_filters")
	})
}

// What the apply would refuse is said while Terraform plans, once, whether rules are to come, to stay or to go.
func TestRuleWarnings_text(t *testing.T) {
	t.Parallel()
	const summary = "Config map cannot be edited"
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
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := newServer(t, tt.text)
			config := heavywork(srv.URL) + second(`service = { resource = "service" }`)
			found := newTerraformRun(t, map[string]string{"main.tf": config}).plan(t)
			if len(found) != 1 || found[0].Severity != "warning" || found[0].Summary != summary {
				t.Fatalf("want one warning for the two rules, got %+v", found)
			}
			for _, part := range append(tt.want, "monitoring/adapter-config") {
				if !strings.Contains(oneLine(found[0].Detail), part) {
					t.Errorf("the warning lacks %q: %s", part, found[0].Detail)
				}
			}
		})
	}
	t.Run("a rule that stays, and goes", func(t *testing.T) {
		t.Parallel()
		srv := newServer(t, "rules: []\n")
		run := newTerraformRun(t, map[string]string{"main.tf": heavywork(srv.URL, "wait = false")})
		run.run(t, "apply", "-json", "-auto-approve")
		setText(srv, text(srv)+"last: 1\n")
		for _, arg := range []string{"-destroy=false", "-destroy"} {
			if out := string(run.run(t, "plan", "-json", "-input=false", arg)); strings.Count(out, `"summary":"`+summary) != 1 || !strings.Contains(out, "the adapter does not know the key") {
				t.Errorf("plan %s says %s", arg, out)
			}
		}
	})
}

func TestRuleWarnings_window(t *testing.T) {
	t.Parallel()
	const summary = "Rate window too short"
	provider := func(interval string) string {
		return strings.Replace(heavywork(nowhere), "provider \"promadapter\" {\n", "provider \"promadapter\" {\n  scrape_interval = "+interval+"\n", 1)
	}
	tests := map[string]struct {
		config string
		want   []string // none: no warning
	}{
		"the provider's interval":          {provider(`"15s"`), []string{"over 15s", "the scrape interval is 15s", "[1m]"}},
		"twice the interval":               {provider(`"7500ms"`), nil},
		"the rule's own goes before":       {strings.Replace(provider(`"15s"`), `metric_name =`, "scrape_interval = \"2s\"\n  metric_name =", 1), nil},
		"not known":                        {heavywork(nowhere), nil},
		"not known, too short for any":     {strings.Replace(heavywork(nowhere), "[15s]", "[9s]", 1), []string{"over 9s", "more often than every 5s", "set scrape_interval"}},
		"known only when it is applied":    {provider(`terraform_data.window.output`) + later, nil},
		"a query that is not known as yet": {strings.Replace(provider(`"15s"`), "[15s]", "[${terraform_data.window.output}]", 1) + later, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found := warnings(t, tt.config)
			if tt.want == nil {
				if len(found) > 0 {
					t.Errorf("unexpected warnings %v", found)
				}
				return
			}
			expectWarning(t, found, summary, tt.want...)
		})
	}
}
