// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"testing"
	"time"
	"unicode/utf8"

	"sigs.k8s.io/prometheus-adapter/pkg/config"
	"sigs.k8s.io/prometheus-adapter/pkg/naming"
)

// FuzzValidate validates arbitrary rules: Validate never panics, and the adapter and Prometheus accept a rule without errors.
func FuzzValidate(f *testing.F) {
	add := func(r Rule, external bool) {
		for label, res := range r.Resources.Overrides {
			f.Add(external, r.SeriesQuery, "", "_bucket$", r.Resources.Template, label, res.Group, res.Resource, r.Name.Matches, r.Name.As, r.MetricsQuery)
		}
	}
	add(heavywork(), false)
	add(awkward(), true)
	for _, query := range []string{
		"histogram_quantile(0.9, sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>, le))",
		`label_replace(<<.Series>>{<<.LabelMatchers>>}, "pod", "$1", "x", "(.*)") / on (pod) group_left (y) sum(z) without (y)`,
		`count_values("pod", <<.Series>>) or absent(x{pod="a"}) unless topk(1, y) and vector(1)`,
		`<<range .GroupBySlice>><<.>><<end>>[5m:] offset -1d @ start()`,
	} {
		r := heavywork()
		r.MetricsQuery = query
		add(r, false)
	}
	f.Fuzz(func(t *testing.T, external bool, series, is, isNot, template, label, group, resource, matches, as, query string) {
		r := Rule{
			SeriesQuery: series, MetricsQuery: query, Name: Name{Matches: matches, As: as},
			Resources: Resources{Template: template, Overrides: map[string]GroupResource{label: {Group: group, Resource: resource}, "namespace": {Resource: "namespace"}}},
		}
		if is != "" || isNot != "" {
			r.SeriesFilters = []Filter{{Is: is, IsNot: isNot}}
		}
		kind := KindCustom
		if external {
			kind = KindExternal
		}
		found := Validate(kind, r)
		Windows(kind, r, time.Minute)
		for _, p := range found {
			if p.Summary == "" || p.Detail == "" || p.Path() == "" || (utf8.ValidString(series+is+isNot+template+label+group+resource+matches+as+query) && !utf8.ValidString(p.Detail)) {
				t.Errorf("a problem without text, or with text that Terraform cannot show: %#v", p)
			}
		}
		if HasErrors(found) {
			return
		}
		m := knownResources()
		namers, err := naming.NamersFromConfig([]config.DiscoveryRule{r.Adapter()}, m)
		if err != nil {
			t.Fatalf("no error found, but the adapter does not load it: %v", err)
		}
		if _, err := newParser().ParseMetricSelector(string(namers[0].Selector())); err != nil {
			t.Fatalf("no error found, but Prometheus refuses series_query: %v", err)
		}
		text, err := Render(kind, r, Request{Series: "x", Resource: GroupResource{group, resource}, Namespace: "a", Names: []string{"b"}})
		if err != nil {
			t.Logf("not rendered for another request: %v", err) // a template may branch on the request
			return
		}
		if _, err := newParser().ParseExpr(text); err != nil {
			t.Logf("%q: %v", text, err)
		}
	})
}
