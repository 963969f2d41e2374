// SPDX-License-Identifier: Apache-2.0

package alerts

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/dashboard"
)

// activatorRow returns the queries of the dashboard's row about the activator.
func activatorRow(t *testing.T) []string {
	t.Helper()
	queries, err := dashboard.Read("../../terraform/modules/monitoring/dashboards/autoscaling.json", map[string]string{
		"namespace": "app", "hpa": "heavywork", "counter": "heavywork_requests_total", "window": "5s", "__rate_interval": "1m",
	})
	if err != nil {
		t.Fatal(err)
	}
	var row []string
	for _, query := range queries {
		switch {
		case query.Row == "Activator":
			row = append(row, query.Expression)
		case strings.Contains(query.Expression, "activator_"):
			t.Errorf("%s: %s is not in the row of the activator", query.Where, query.Expression)
		}
	}
	if len(row) == 0 {
		t.Fatal("there is no row of the activator")
	}
	return row
}

// An alert on a name that has changed never fires, or never stops, and a panel is
// empty.
func TestTheActivatorHasWhatIsAskedFor(t *testing.T) {
	source, err := os.ReadFile("../../activator/internal/metrics/metrics.go")
	if err != nil {
		t.Fatal(err)
	}
	has := func(word string) bool { return strings.Contains(string(source), strconv.Quote(word)) }
	expressions := activatorRow(t)
	_, rules := render(t, withActivator)
	for _, a := range rules.alerts() {
		if strings.Contains(a.Expr, "activator_") {
			expressions = append(expressions, a.Expr)
		}
	}
	names := regexp.MustCompile(`\b(?:activator|backend)_\w+`)
	values := regexp.MustCompile(`\b(?:state|result|for)=~?"([^"]*)"`)
	for _, expression := range expressions {
		for _, name := range names.FindAllString(expression, -1) {
			if !has(strings.TrimSuffix(name, "_bucket")) {
				t.Errorf("the activator has no %s: %s", name, expression)
			}
		}
		for _, found := range values.FindAllStringSubmatch(expression, -1) {
			for _, value := range strings.Split(found[1], "|") {
				if !has(value) {
					t.Errorf("the activator has no %s: %s", found[0], expression)
				}
			}
		}
	}
}

// Where there is no activator, the row of the dashboard is empty rather than wrong.
func TestTheDashboardShowsTheActivator(t *testing.T) {
	const of = `backend_namespace="app", backend_service="heavywork"`
	type series struct {
		Series string `json:"series"`
		Values string `json:"values"`
	}
	type sample struct {
		Value float64 `json:"value"`
	}
	type question struct {
		Expr     string   `json:"expr"`
		EvalTime string   `json:"eval_time"`
		Samples  []sample `json:"exp_samples"`
	}
	type scenario struct {
		Name      string     `json:"name"`
		Interval  string     `json:"interval"`
		Series    []series   `json:"input_series"`
		Questions []question `json:"promql_expr_test"`
	}
	with := scenario{Name: "with an activator", Interval: "15s", Series: []series{
		{`activator_state{pod="a", state="awake", ` + of + `}`, "1x20"},
		{`activator_held_requests{pod="a", ` + of + `}`, "0x20"},
		{`activator_scalings_total{pod="a", for="wake", ` + of + `}`, "0x20"},
		{`activator_scaling_failures_total{pod="a", for="wake", ` + of + `}`, "0x20"},
		{`activator_held_seconds_bucket{pod="a", result="served", le="0.5", ` + of + `}`, "0+1x20"},
		{`activator_held_seconds_bucket{pod="a", result="served", le="+Inf", ` + of + `}`, "0+1x20"},
		{`activator_requests_total{pod="a", result="served", ` + of + `}`, "0+1x20"},
	}}
	without := scenario{Name: "without one", Interval: "15s"}
	for _, query := range activatorRow(t) {
		with.Questions = append(with.Questions, question{"count(" + query + ")", "5m", []sample{{1}}})
		without.Questions = append(without.Questions, question{query, "5m", nil})
	}
	text, err := yaml.Marshal(map[string]any{"rule_files": []string{}, "tests": []scenario{with, without}})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "dashboard.yaml")
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
	promtool(t, "test", "rules", path)
}
