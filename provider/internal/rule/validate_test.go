// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"os"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/prometheus-adapter/pkg/config"
)

// heavywork is a sound rule; each case changes it in one way.
func heavywork() Rule {
	return Rule{
		SeriesQuery: `heavywork_requests_total{namespace!="",pod!=""}`,
		Resources: Resources{Overrides: map[string]GroupResource{
			"namespace": {Resource: "namespace"},
			"pod":       {Resource: "pod"},
		}},
		Name:         Name{Matches: "^(.*)_total$", As: "${1}_per_second"},
		MetricsQuery: "sum(rate(<<.Series>>{<<.LabelMatchers>>}[15s])) by (<<.GroupBy>>)",
	}
}

// total suits an external metric, which has nothing to group by.
func total(r *Rule) { r.MetricsQuery = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[15s]))" }

func boolPointer(b bool) *bool { return &b }

func TestValidateAccepts(t *testing.T) {
	tests := map[string]struct {
		kind   Kind
		change func(*Rule)
	}{
		"the rule of the guide": {KindCustom, func(*Rule) {}},
		"only full windows": {KindCustom, func(r *Rule) {
			r.MetricsQuery = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[5s]) and rate(<<.Series>>{<<.LabelMatchers>>}[3000ms] offset 3000ms)) by (<<.GroupBy>>)"
		}},
		"no name mapping":      {KindCustom, func(r *Rule) { r.Name = Name{} }},
		"one group without as": {KindCustom, func(r *Rule) { r.Name = Name{Matches: "^(.*)_total$"} }},
		"named group":          {KindCustom, func(r *Rule) { r.Name = Name{Matches: "^(?P<base>.*)_total$", As: "${base}_rate"} }},
		"whole match":          {KindCustom, func(r *Rule) { r.Name = Name{Matches: "^.*_total$", As: "$0"} }},
		"fixed name":           {KindCustom, func(r *Rule) { r.Name = Name{As: "load"} }},
		"filters":              {KindCustom, func(r *Rule) { r.SeriesFilters = []Filter{{Is: "^heavy"}, {IsNot: "_bucket$"}} }},
		"template":             {KindCustom, func(r *Rule) { r.Resources = Resources{Template: "kube_<<.Resource>>"} }},
		"template with a group": {KindCustom, func(r *Rule) {
			r.Resources = Resources{Template: "kube_<<.Group>>_<<.Resource>>", Overrides: map[string]GroupResource{"namespace": {Resource: "namespace"}}}
		}},
		"template beside overrides":    {KindCustom, func(r *Rule) { r.Resources.Template = "<<.Resource>>" }},
		"custom resource with a group": {KindCustom, func(r *Rule) { r.Resources.Overrides["gw"] = GroupResource{"gateway.networking.k8s.io", "gateway"} }},
		"series by pattern":            {KindCustom, func(r *Rule) { r.SeriesQuery = `{__name__=~"^http_.*",pod!=""}` }},
		"branching template": {KindCustom, func(r *Rule) {
			r.MetricsQuery = `<<if index .LabelValuesByName "pod">>sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)<<else>>vector(0)<<end>>`
		}},
		"nodes need no namespace": {KindCustom, func(r *Rule) {
			r.Resources.Overrides = map[string]GroupResource{"node": {Resource: "node"}}
			r.SeriesQuery = `heavywork_requests_total{node!=""}`
		}},
		"nodes are outside of namespaces, with template": {KindCustom, func(r *Rule) { r.Resources.Overrides["node"] = GroupResource{Resource: "node"} }},
		"external with namespace":                        {KindExternal, total},
		"external without namespace": {KindExternal, func(r *Rule) {
			r.Resources = Resources{Namespaced: boolPointer(false)}
			total(r)
		}},
		"external scalar": {KindExternal, func(r *Rule) { r.MetricsQuery = "scalar(sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])))" }},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := heavywork()
			tt.change(&r)
			for _, p := range Validate(tt.kind, r) {
				t.Errorf("unexpected problem: %v", p)
			}
		})
	}
}

// Rules in everyday use have no problems.
func TestValidateAcceptsCommonRules(t *testing.T) {
	text, err := os.ReadFile("testdata/common_rules.yaml")
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := config.FromYAML(text)
	if err != nil || len(cfg.Rules) == 0 {
		t.Fatalf("%d rules, %v", len(cfg.Rules), err)
	}
	for _, r := range cfg.Rules {
		for _, p := range append(Validate(KindCustom, FromAdapter(r)), Windows(KindCustom, FromAdapter(r), 0)...) {
			t.Errorf("%s: unexpected problem: %v", r.SeriesQuery, p)
		}
	}
}

func TestWindows(t *testing.T) {
	tests := map[string]struct {
		query    string
		interval time.Duration
		want     string // part of the detail, or nothing
	}{
		"one interval":           {"sum(rate(<<.Series>>{<<.LabelMatchers>>}[30s])) by (<<.GroupBy>>)", 30 * time.Second, "[2m]"},
		"just below two":         {"sum(rate(<<.Series>>{<<.LabelMatchers>>}[59s])) by (<<.GroupBy>>)", 30 * time.Second, "over 59s"},
		"two intervals":          {"sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)", 30 * time.Second, ""},
		"irate":                  {"sum(irate(<<.Series>>{<<.LabelMatchers>>}[30s])) by (<<.GroupBy>>)", 30 * time.Second, "irate()"},
		"increase":               {"sum(increase(<<.Series>>{<<.LabelMatchers>>}[30s])) by (<<.GroupBy>>)", 30 * time.Second, "increase()"},
		"delta":                  {"sum(delta(<<.Series>>{<<.LabelMatchers>>}[30s])) by (<<.GroupBy>>)", 30 * time.Second, "delta()"},
		"one sample is enough":   {"max_over_time(<<.Series>>{<<.LabelMatchers>>}[30s])", 30 * time.Second, ""},
		"unknown interval":       {"sum(rate(<<.Series>>{<<.LabelMatchers>>}[10s])) by (<<.GroupBy>>)", 0, ""},
		"short for any interval": {"sum(rate(<<.Series>>{<<.LabelMatchers>>}[9s])) by (<<.GroupBy>>)", 0, "more often than every 5s"},
		"not valid":              {"sum(rate(<<.Series>>{<<.LabelMatchers>>}[1s]))) by", 30 * time.Second, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := heavywork()
			r.MetricsQuery = tt.query
			found := Windows(KindCustom, r, tt.interval)
			if tt.want == "" {
				if len(found) > 0 {
					t.Errorf("unexpected problems: %v", found)
				}
				return
			}
			expectProblem(t, found, true, "metrics_query", []string{tt.want})
		})
	}
	if found := Windows(KindCustom, Rule{MetricsQuery: "rate(x[1s])"}, time.Minute, FieldMetricsQuery); len(found) > 0 {
		t.Errorf("metrics_query is not known, yet got %v", found)
	}
}

func TestSameObjects(t *testing.T) {
	with := func(resources ...string) Rule {
		r := Rule{Resources: Resources{Overrides: map[string]GroupResource{}}}
		for _, res := range resources {
			r.Resources.Overrides["label_of_"+res] = GroupResource{Resource: res}
		}
		return r
	}
	tests := map[string]struct {
		kind Kind
		a, b Rule
		want bool
	}{
		"the same":                 {KindCustom, with("namespace", "pod"), with("namespaces", "pods"), true},
		"one in common":            {KindCustom, with("pod", "service"), with("service", "node"), true},
		"only namespace in common": {KindCustom, with("namespace", "pod"), with("namespace", "service"), false},
		"nothing but namespaces":   {KindCustom, with("namespace"), with("namespace"), true},
		"template":                 {KindCustom, with("pod"), Rule{Resources: Resources{Template: "<<.Resource>>"}}, true},
		"external":                 {KindExternal, with(), with("pod"), true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if SameObjects(tt.kind, tt.a, tt.b) != tt.want || SameObjects(tt.kind, tt.b, tt.a) != tt.want {
				t.Errorf("want %v in both directions", tt.want)
			}
		})
	}
}

func TestValidateRefuses(t *testing.T) {
	tests := map[string]struct {
		kind   Kind
		change func(*Rule)
		path   string
		want   []string // parts of the detail: the value and the remedy
	}{
		"empty series_query":         {change: func(r *Rule) { r.SeriesQuery = " " }, path: "series_query", want: []string{"empty", `heavywork_requests_total{`}},
		"unbalanced series_query":    {change: func(r *Rule) { r.SeriesQuery = `foo{pod!=""` }, path: "series_query", want: []string{`foo{pod!=`, "parse error"}},
		"function in series_query":   {change: func(r *Rule) { r.SeriesQuery = `rate(foo[1m])` }, path: "series_query", want: []string{"metrics_query"}},
		"range in series_query":      {change: func(r *Rule) { r.SeriesQuery = `foo[1m]` }, path: "series_query", want: []string{"ranges"}},
		"series_query selects all":   {change: func(r *Rule) { r.SeriesQuery = `{pod=~".*"}` }, path: "series_query", want: []string{"every series"}},
		"bad regexp in series_query": {change: func(r *Rule) { r.SeriesQuery = `{__name__=~"("}` }, path: "series_query", want: []string{"missing closing"}},

		"both is and is_not":    {change: func(r *Rule) { r.SeriesFilters = []Filter{{Is: "a", IsNot: "b"}} }, path: "series_filters[0]", want: []string{`"a"`, `"b"`, "set one"}},
		"neither is nor is_not": {change: func(r *Rule) { r.SeriesFilters = []Filter{{Is: "^heavy"}, {}} }, path: "series_filters[1]", want: []string{"exactly one"}},
		"bad regexp in filter":  {change: func(r *Rule) { r.SeriesFilters = []Filter{{IsNot: "a("}} }, path: "series_filters[0].is_not", want: []string{`"a("`, "RE2"}},
		"lookahead in filter":   {change: func(r *Rule) { r.SeriesFilters = []Filter{{Is: "(?!a)b"}} }, path: "series_filters[0].is", want: []string{"lookahead"}},
		"filter drops series":   {change: func(r *Rule) { r.SeriesFilters = []Filter{{IsNot: "_total$"}} }, path: "series_filters[0]", want: []string{"heavywork_requests_total"}},

		"no resources":                 {change: func(r *Rule) { r.Resources = Resources{} }, path: "resources", want: []string{"neither", "overrides ="}},
		"template does not parse":      {change: func(r *Rule) { r.Resources = Resources{Template: "kube_<<.Resource"} }, path: "resources.template", want: []string{"unclosed action", "<<.Resource>>"}},
		"template with wrong field":    {change: func(r *Rule) { r.Resources = Resources{Template: "<<.Resources>>"} }, path: "resources.template", want: []string{"Resources", ".Group and .Resource"}},
		"template with wrong delims":   {change: func(r *Rule) { r.Resources = Resources{Template: "kube_{{.Resource}}"} }, path: "resources.template", want: []string{"<< and >>"}},
		"template without a label":     {change: func(r *Rule) { r.Resources = Resources{Template: "kube-<<.Resource>>"} }, path: "resources.template", want: []string{"kube-pod", "underscores"}},
		"pods without a namespace":     {change: func(r *Rule) { delete(r.Resources.Overrides, "namespace") }, path: "resources.overrides", want: []string{"namespace = {"}},
		"override without resource":    {change: func(r *Rule) { r.Resources.Overrides["pod"] = GroupResource{} }, path: `resources.overrides["pod"].resource`, want: []string{`resource = "pod"`}},
		"resource of another group":    {change: func(r *Rule) { r.Resources.Overrides["d"] = GroupResource{"batch", "deployment"} }, path: `resources.overrides["d"].group`, want: []string{"deployment", "batch", `group = "apps"`}},
		"override label is not one":    {change: func(r *Rule) { r.Resources.Overrides["app-pod"] = GroupResource{Resource: "service"} }, path: `resources.overrides["app-pod"]`, want: []string{"app-pod"}},
		"external without a namespace": {kind: KindExternal, change: func(r *Rule) { r.Resources = Resources{}; total(r) }, path: "resources", want: []string{"namespaced = false"}},
		"external with pods only": {kind: KindExternal, change: func(r *Rule) { delete(r.Resources.Overrides, "namespace"); total(r) },
			path: "resources", want: []string{"namespaced = false"}},

		"bad regexp in matches":              {change: func(r *Rule) { r.Name.Matches = "^(.*_total$" }, path: "metric_name.matches", want: []string{"^(.*_total$", "RE2"}},
		"as missing, two groups":             {change: func(r *Rule) { r.Name = Name{Matches: "^(.*)_(total)$"} }, path: "metric_name.as", want: []string{"2 capture groups", "set as"}},
		"as is nothing but an unknown group": {change: func(r *Rule) { r.Name = Name{Matches: "^.*_total$", As: "$1"} }, path: "metric_name.as", want: []string{"$1", "parentheses"}},
		"as without braces":                  {change: func(r *Rule) { r.Name.As = "$1_per_second" }, path: "metric_name.as", want: []string{`"1_per_second"`, "${1}_per_second"}},
		"matches not the series":             {change: func(r *Rule) { r.Name.Matches = "^(.*)_count$" }, path: "metric_name.matches", want: []string{"heavywork_requests_total"}},
		"empty name from the match":          {change: func(r *Rule) { r.Name = Name{Matches: "^heavywork()"} }, path: "metric_name.as", want: []string{"empty name"}},

		"empty metrics_query":    {change: func(r *Rule) { r.MetricsQuery = "" }, path: "metrics_query", want: []string{"empty", "<<.Series>>"}},
		"template not closed":    {change: func(r *Rule) { r.MetricsQuery = "sum(<<.Series>)" }, path: "metrics_query", want: []string{"<<.Series>)", "delimiters"}},
		"unknown template field": {change: func(r *Rule) { r.MetricsQuery = "sum(<<.Serie>>)" }, path: "metrics_query", want: []string{"Serie", ".LabelMatchers"}},
		"unknown in a branch": {change: func(r *Rule) {
			r.MetricsQuery = "<<if eq .GroupBy \"namespace\">>sum(<<.Nope>>)<<else>>vector(1)<<end>>"
		}, path: "metrics_query", want: []string{"Nope"}},
		"wrong delimiters":         {change: func(r *Rule) { r.MetricsQuery = "sum({{.Series}})" }, path: "metrics_query", want: []string{"delimiters << and >>"}},
		"unbalanced query":         {change: func(r *Rule) { r.MetricsQuery = "sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m]) by (<<.GroupBy>>)" }, path: "metrics_query", want: []string{"parse error"}},
		"unknown function":         {change: func(r *Rule) { r.MetricsQuery = "rates(<<.Series>>[1m])" }, path: "metrics_query", want: []string{"rates"}},
		"range vector":             {change: func(r *Rule) { r.MetricsQuery = "<<.Series>>{<<.LabelMatchers>>}[1m]" }, path: "metrics_query", want: []string{"range vector"}},
		"rate of an instant":       {change: func(r *Rule) { r.MetricsQuery = "rate(<<.Series>>{<<.LabelMatchers>>})" }, path: "metrics_query", want: []string{"range vector"}},
		"scalar as custom metric":  {change: func(r *Rule) { r.MetricsQuery = "1" }, path: "metrics_query", want: []string{"scalar", "instant vector"}},
		"template without content": {change: func(r *Rule) { r.MetricsQuery = "<<if false>>x<<end>>" }, path: "metrics_query", want: []string{"empty query"}},
		"leading comma": {kind: KindExternal, change: func(r *Rule) {
			r.Resources = Resources{Namespaced: boolPointer(false)}
			r.MetricsQuery = `sum(<<.Series>>{<<.LabelMatchers>>,code="500"})`
		}, path: "metrics_query", want: []string{`{,code=`}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if tt.kind == "" {
				tt.kind = KindCustom
			}
			r := heavywork()
			tt.change(&r)
			expectProblem(t, Validate(tt.kind, r), false, tt.path, tt.want)
		})
	}
}

func TestValidateWarns(t *testing.T) {
	tests := map[string]struct {
		change func(*Rule)
		path   string
		want   []string
	}{
		"no namespace": {func(r *Rule) {
			delete(r.Resources.Overrides, "namespace")
			r.Resources.Overrides["node"] = GroupResource{Resource: "node"}
		}, "resources.overrides", []string{"namespace = {"}},
		"as without capture":      {func(r *Rule) { r.Name = Name{Matches: "^.*_total$", As: "${1}_per_second"} }, "metric_name.as", []string{"${1}", "parentheses"}},
		"as beyond the groups":    {func(r *Rule) { r.Name.As = "${2}_per_second" }, "metric_name.as", []string{"${2}", "one capture group"}},
		"as with an unknown name": {func(r *Rule) { r.Name.As = "${base}_rate" }, "metric_name.as", []string{"${base}"}},
		"misspelt resource":       {func(r *Rule) { r.Resources.Overrides["svc"] = GroupResource{Resource: "servce"} }, `resources.overrides["svc"].resource`, []string{"servce", "kubectl api-resources"}},
		"two labels for pod":      {func(r *Rule) { r.Resources.Overrides["pod_name"] = GroupResource{Resource: "pods"} }, `resources.overrides["pod_name"]`, []string{`"pod"`, `"pod_name"`}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := heavywork()
			tt.change(&r)
			found := Validate(KindCustom, r)
			expectProblem(t, found, true, tt.path, tt.want)
			if HasErrors(found) {
				t.Errorf("a warning must not be an error: %v", found)
			}
		})
	}
}

func expectProblem(t *testing.T, found []Problem, warning bool, path string, want []string) {
	t.Helper()
	if len(found) != 1 {
		t.Fatalf("got %d problems, want 1: %v", len(found), found)
	}
	p := found[0]
	if p.Warning != warning || p.Path() != path {
		t.Errorf("got problem %v (warning %v), want path %s (warning %v)", p, p.Warning, path, warning)
	}
	for _, part := range want {
		if !strings.Contains(p.Detail, part) {
			t.Errorf("detail %q does not contain %q", p.Detail, part)
		}
	}
}

// A value that is not known yet is not checked, and neither is what depends on it; the rest is.
func TestValidateSkipsUnknownFields(t *testing.T) {
	broken := Rule{MetricsQuery: "sum(<<.Nope>>)"}
	all := []Field{FieldSeriesQuery, FieldSeriesFilters, FieldResources, FieldMetricName, FieldMetricsQuery}
	if found := Validate(KindCustom, broken, all...); len(found) > 0 {
		t.Errorf("nothing is known, yet got %v", found)
	}
	found := Validate(KindCustom, broken, all[:4]...)
	expectProblem(t, found, false, "metrics_query", []string{"Nope"})

	r := heavywork()
	r.SeriesQuery = ""
	r.Name.Matches = "^(.*)_count$"
	if found := Validate(KindCustom, r, FieldSeriesQuery); len(found) > 0 {
		t.Errorf("the name mapping cannot be judged without the series, yet got %v", found)
	}
}

func TestOneBucket(t *testing.T) {
	for matcher, sums := range map[string]bool{
		``: true, `le="1"`: false, `le=~"1"`: false, `le=~"1|1.0"`: false, `le=~"1(.0)?"`: false, `le=~"1\\.0?"`: false, `le=~"\\+Inf"`: false,
		`le=~".+"`: true, `le=~".*"`: true, `le=~"0.*"`: true, `le=~"0.1|0.5"`: true, `le!="+Inf"`: true, `le!~"0.1"`: true,
	} {
		r := heavywork()
		r.SeriesQuery, r.Name = `heavywork_seconds_bucket{namespace!="",pod!=""}`, Name{}
		r.MetricsQuery = `sum(rate(<<.Series>>{<<.LabelMatchers>>,` + matcher + `}[1m])) by (<<.GroupBy>>)`
		found := Validate(KindCustom, r)
		if got := len(found) == 1 && found[0].Summary == "Buckets summed without le"; got != sums || len(found) > 1 {
			t.Errorf("%q: got %v", matcher, found)
		}
	}
}

// What a plan does for each rule.
func BenchmarkPlan(b *testing.B) {
	r := Rule{
		SeriesQuery:  `heavywork_requests_total{namespace!="",pod!=""}`,
		Resources:    Resources{Overrides: map[string]GroupResource{"namespace": {Resource: "namespace"}, "pod": {Resource: "pod"}}},
		Name:         Name{Matches: "^(.*)_total$", As: "${1}_per_second"},
		MetricsQuery: `sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)`,
	}
	for name, step := range map[string]func(){
		"Validate": func() { Validate(KindCustom, r) },
		"Windows":  func() { Windows(KindCustom, r, 15*time.Second) },
		"Metric":   func() { Metric(r) },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				step()
			}
		})
	}
}
