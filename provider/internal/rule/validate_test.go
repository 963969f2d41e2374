// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"strings"
	"testing"
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

func boolPointer(b bool) *bool { return &b }

func TestValidateAccepts(t *testing.T) {
	tests := map[string]struct {
		kind   Kind
		change func(*Rule)
	}{
		"the rule of the guide":        {KindCustom, func(*Rule) {}},
		"no name mapping":              {KindCustom, func(r *Rule) { r.Name = Name{} }},
		"one group without as":         {KindCustom, func(r *Rule) { r.Name = Name{Matches: "^(.*)_total$"} }},
		"named group":                  {KindCustom, func(r *Rule) { r.Name = Name{Matches: "^(?P<base>.*)_total$", As: "${base}_rate"} }},
		"whole match":                  {KindCustom, func(r *Rule) { r.Name = Name{Matches: "^.*_total$", As: "$0"} }},
		"escaped dollar":               {KindCustom, func(r *Rule) { r.Name = Name{Matches: "^.*_total$", As: "a$$1"} }},
		"fixed name":                   {KindCustom, func(r *Rule) { r.Name = Name{As: "load"} }},
		"filters":                      {KindCustom, func(r *Rule) { r.SeriesFilters = []Filter{{Is: "^heavy"}, {IsNot: "_bucket$"}} }},
		"template":                     {KindCustom, func(r *Rule) { r.Resources = Resources{Template: "kube_<<.Group>>_<<.Resource>>"} }},
		"template beside overrides":    {KindCustom, func(r *Rule) { r.Resources.Template = "<<.Resource>>" }},
		"custom resource with a group": {KindCustom, func(r *Rule) { r.Resources.Overrides["gw"] = GroupResource{"gateway.networking.k8s.io", "gateway"} }},
		"series by pattern":            {KindCustom, func(r *Rule) { r.SeriesQuery = `{__name__=~"^http_.*",pod!=""}` }},
		"branching template": {KindCustom, func(r *Rule) {
			r.MetricsQuery = `<<if index .LabelValuesByName "pod">>sum(<<.Series>>{<<.LabelMatchers>>}) by (<<.GroupBy>>)<<else>>vector(0)<<end>>`
		}},
		"nodes are outside of namespaces, with template": {KindCustom, func(r *Rule) { r.Resources.Overrides["node"] = GroupResource{Resource: "node"} }},
		"external with namespace":                        {KindExternal, func(*Rule) {}},
		"external without namespace": {KindExternal, func(r *Rule) {
			r.Resources = Resources{Namespaced: boolPointer(false)}
			r.MetricsQuery = "sum(<<.Series>>{<<.LabelMatchers>>})"
		}},
		"external scalar": {KindExternal, func(r *Rule) { r.MetricsQuery = "scalar(sum(<<.Series>>{<<.LabelMatchers>>}))" }},
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
		"override without resource":    {change: func(r *Rule) { r.Resources.Overrides["pod"] = GroupResource{} }, path: `resources.overrides["pod"].resource`, want: []string{`resource = "pod"`}},
		"override label is not one":    {change: func(r *Rule) { r.Resources.Overrides["app-pod"] = GroupResource{Resource: "service"} }, path: `resources.overrides["app-pod"]`, want: []string{"app-pod"}},
		"external without a namespace": {kind: KindExternal, change: func(r *Rule) { r.Resources = Resources{} }, path: "resources", want: []string{"namespaced = false"}},
		"external with pods only": {kind: KindExternal, change: func(r *Rule) { delete(r.Resources.Overrides, "namespace") },
			path: "resources", want: []string{"namespaced = false"}},

		"bad regexp in matches":     {change: func(r *Rule) { r.Name.Matches = "^(.*_total$" }, path: "metric_name.matches", want: []string{"^(.*_total$", "RE2"}},
		"as missing, two groups":    {change: func(r *Rule) { r.Name = Name{Matches: "^(.*)_(total)$"} }, path: "metric_name.as", want: []string{"2 capture groups", "set as"}},
		"as without capture":        {change: func(r *Rule) { r.Name = Name{Matches: "^.*_total$", As: "${1}_per_second"} }, path: "metric_name.as", want: []string{"${1}", "parentheses"}},
		"as beyond the groups":      {change: func(r *Rule) { r.Name.As = "${2}_per_second" }, path: "metric_name.as", want: []string{"${2}", "one capture group"}},
		"as without braces":         {change: func(r *Rule) { r.Name.As = "$1_per_second" }, path: "metric_name.as", want: []string{`"1_per_second"`, "${1}_per_second"}},
		"as with an unknown name":   {change: func(r *Rule) { r.Name.As = "${base}_rate" }, path: "metric_name.as", want: []string{"${base}"}},
		"matches not the series":    {change: func(r *Rule) { r.Name.Matches = "^(.*)_count$" }, path: "metric_name.matches", want: []string{"heavywork_requests_total"}},
		"empty name from the match": {change: func(r *Rule) { r.Name = Name{Matches: "^heavywork()"} }, path: "metric_name.as", want: []string{"empty name"}},

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
		"no namespace":       {func(r *Rule) { delete(r.Resources.Overrides, "namespace") }, "resources.overrides", []string{"namespace = {"}},
		"misspelt resource":  {func(r *Rule) { r.Resources.Overrides["svc"] = GroupResource{Resource: "servce"} }, `resources.overrides["svc"].resource`, []string{"servce", "kubectl api-resources"}},
		"resource's group":   {func(r *Rule) { r.Resources.Overrides["d"] = GroupResource{"batch", "deployment"} }, `resources.overrides["d"].resource`, []string{"deployment", "batch"}},
		"two labels for pod": {func(r *Rule) { r.Resources.Overrides["pod_name"] = GroupResource{Resource: "pods"} }, `resources.overrides["pod_name"]`, []string{`"pod"`, `"pod_name"`}},
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

// A value that is not known yet is not judged, and neither is what depends on it; the rest is.
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
