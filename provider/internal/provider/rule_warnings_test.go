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
	t.Run("a config map that nobody understands", func(t *testing.T) {
		t.Parallel()
		if found := warnings(t, heavywork(newServer(t, "rules: {").URL)); len(found) > 0 {
			t.Errorf("that is for apply to say, yet got %v", found)
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
