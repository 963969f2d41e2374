// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"reflect"
	"strings"
	"testing"

	"sigs.k8s.io/prometheus-adapter/pkg/config"
)

// awkward holds values that YAML could take for something else.
func awkward() Rule {
	return Rule{
		SeriesQuery:   "{__name__=~\"^a: b #c\\\\d'$\",pod!=\"\"}\r\n# promadapter_rule x end\n\ttail ",
		SeriesFilters: []Filter{{Is: "true"}, {IsNot: "0x10"}, {Is: "y"}, {IsNot: "- - {[&*!|>"}},
		Resources: Resources{
			Template:   "<<.Resource>>",
			Overrides:  map[string]GroupResource{"on": {Group: "apps", Resource: "~"}, "1": {Resource: "null"}, "": {Resource: " "}},
			Namespaced: boolPointer(false),
		},
		Name:         Name{Matches: "^(.*)$", As: "$1\u2028\u0085\u00a0é☃"},
		MetricsQuery: "  sum(\n    x\n  )\n",
	}
}

func TestMarshalGivesWhatTheAdapterReads(t *testing.T) {
	minimal := Rule{SeriesQuery: "up", MetricsQuery: "up"}
	for name, want := range map[string]Rule{"heavywork": heavywork(), "minimal": minimal, "awkward": awkward(), "empty": {}} {
		t.Run(name, func(t *testing.T) {
			text, err := Marshal(want)
			if err != nil {
				t.Fatal(err)
			}
			cfg, err := config.FromYAML([]byte("rules:\n" + text))
			if err != nil {
				t.Fatalf("the adapter refuses %q: %v", text, err)
			}
			if !reflect.DeepEqual(cfg.Rules, []config.DiscoveryRule{want.Adapter()}) {
				t.Errorf("the adapter reads %+v, want %+v, from\n%s", cfg.Rules, want.Adapter(), text)
			}
			indented := "    " + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n    ") + "\n"
			got, err := Parse(indented)
			if err != nil || !got.Equal(want) {
				t.Errorf("Parse gave %+v, %v, want %+v", got, err, want)
			}
		})
	}
}

func TestMarshalText(t *testing.T) {
	r := heavywork()
	r.SeriesFilters = []Filter{{IsNot: "_bucket$"}}
	r.Resources.Namespaced = boolPointer(true)
	got, err := Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	want := `- seriesQuery: heavywork_requests_total{namespace!="",pod!=""}
  seriesFilters:
    - isNot: _bucket$
  resources:
    overrides:
      namespace:
        resource: namespace
      pod:
        resource: pod
    namespaced: true
  name:
    matches: ^(.*)_total$
    as: ${1}_per_second
  metricsQuery: sum(rate(<<.Series>>{<<.LabelMatchers>>}[15s])) by (<<.GroupBy>>)
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestMarshalRefusesInvalidText(t *testing.T) {
	if _, err := Marshal(Rule{SeriesQuery: "a\xffb"}); err == nil {
		t.Error("a string that is not UTF-8 was written")
	}
}

func TestParseRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":     "",
		"two rules":   "- seriesQuery: a\n- seriesQuery: b\n",
		"unknown key": "- seriesQuery: a\n  metricQuery: b\n",
		"no list":     "  seriesQuery: a\n",
		"bad YAML":    "- seriesQuery: [\n",
	} {
		t.Run(name, func(t *testing.T) {
			if r, err := Parse(text); err == nil {
				t.Errorf("got %+v, want an error", r)
			}
		})
	}
}

func TestEqual(t *testing.T) {
	changes := map[string]func(*Rule){
		"series_query":  func(r *Rule) { r.SeriesQuery = "x" },
		"filters":       func(r *Rule) { r.SeriesFilters = []Filter{{Is: "x"}} },
		"template":      func(r *Rule) { r.Resources.Template = "x" },
		"overrides":     func(r *Rule) { r.Resources.Overrides["x"] = GroupResource{} },
		"namespaced":    func(r *Rule) { r.Resources.Namespaced = boolPointer(true) },
		"name":          func(r *Rule) { r.Name.As = "x" },
		"metrics_query": func(r *Rule) { r.MetricsQuery = "x" },
	}
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			r := heavywork()
			change(&r)
			if r.Equal(heavywork()) || !r.Equal(r) {
				t.Errorf("Equal does not see the change, or not itself: %+v", r)
			}
		})
	}
	empty := heavywork()
	empty.SeriesFilters = []Filter{}
	if !empty.Equal(heavywork()) {
		t.Error("an empty list must equal none")
	}
}

func TestMetric(t *testing.T) {
	tests := map[string]struct {
		change func(*Rule)
		want   string
		ok     bool
	}{
		"mapped":             {func(*Rule) {}, "heavywork_requests_per_second", true},
		"as it is":           {func(r *Rule) { r.Name = Name{} }, "heavywork_requests_total", true},
		"the only group":     {func(r *Rule) { r.Name.As = "" }, "heavywork_requests", true},
		"name in braces":     {func(r *Rule) { r.SeriesQuery = `{__name__="a_total"}` }, "a_per_second", true},
		"by pattern":         {func(r *Rule) { r.SeriesQuery = `{__name__=~"a.*"}` }, "", false},
		"by labels":          {func(r *Rule) { r.SeriesQuery = `{pod!=""}` }, "", false},
		"dropped by filter":  {func(r *Rule) { r.SeriesFilters = []Filter{{IsNot: "heavy"}} }, "", false},
		"not matched":        {func(r *Rule) { r.Name.Matches = "^x" }, "", false},
		"query is not valid": {func(r *Rule) { r.SeriesQuery = "a{" }, "", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := heavywork()
			tt.change(&r)
			if got, ok := Metric(r); got != tt.want || ok != tt.ok {
				t.Errorf("got %q, %v, want %q, %v", got, ok, tt.want, tt.ok)
			}
		})
	}
}

func TestRender(t *testing.T) {
	templated := heavywork()
	templated.Resources = Resources{Template: "kube_<<.Group>>_<<.Resource>>"}
	tests := map[string]struct {
		kind Kind
		rule Rule
		req  Request
		want string
	}{
		"pods": {KindCustom, heavywork(), Request{Series: "heavywork_requests_total", Resource: GroupResource{Resource: "pods"}, Namespace: "app", Names: []string{"a", "b"}},
			`sum(rate(heavywork_requests_total{namespace="app",pod=~"a|b"}[15s])) by (pod)`},
		"deployment by template": {KindCustom, templated, Request{Series: "x", Resource: GroupResource{"apps", "deployment"}, Namespace: "app", Names: []string{"a"}},
			`sum(rate(x{kube__namespace="app",kube_apps_deployment="a"}[15s])) by (kube_apps_deployment)`},
		"external": {KindExternal, heavywork(), Request{Series: "x", Namespace: "app"}, `sum(rate(x{namespace="app"}[15s])) by ()`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got, err := Render(tt.kind, tt.rule, tt.req); err != nil || got != tt.want {
				t.Errorf("got %q, %v, want %q", got, err, tt.want)
			}
		})
	}
}
