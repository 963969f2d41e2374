// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"testing"
	"unicode"
)

func TestEvidentPattern(t *testing.T) {
	for _, text := range []string{
		".*", "/api/.+", "5..", "[45]..", "40.", "5.{2}", "[0-9]+", "web-[a-z]", "GET|HEAD", "/live|/ready", "(a|b)", "^/api", "total$", `\d+`, `5\d\d`, `10\.0\.0\.1`, "(?i)get", "http_.*_total",
	} {
		if !evidentPattern(text) {
			t.Errorf("%q is taken for a text", text)
		}
	}
	for _, text := range []string{
		"", "500", "5xx", "/", "/*", "*", "/static/*path", "/users/{id}", "/users/:id", "/users/[id]", "/[user-id]", "10.0.0.1:8080", "[::1]:80", "v1.2.3", "1.2..3", "a.b.c", "shop.parcels.count",
		"text/html; charset=utf-8", "100%", "$value", "a+b", "what?", `C:\data`, "(none)", "Mozilla/5.0 (X11)", "a || b", "heavywork-65-4k8cf",
	} {
		if evidentPattern(text) {
			t.Errorf("%q is taken for a pattern", text)
		}
	}
}

func TestEveryName(t *testing.T) {
	totals := func(v *validator) bool { return v.everyNameEnds("_total", "_bucket") }
	capitals := func(v *validator) bool { return v.everyName(unicode.IsUpper) }
	quotes := func(v *validator) bool { return v.everyName(needsQuotes) }
	tests := map[string]struct {
		series, filter, matches string
		judge                   func(*validator) bool
		want                    bool
	}{
		"suffix":                        {`{__name__=~".+_total"}`, "", "", totals, true},
		"suffix in a group":             {`{__name__=~"^(http|grpc)_(.+_total|.+_bucket)$"}`, "", "", totals, true},
		"part of the suffix in a group": {`{__name__=~"http_.+_(total|bucket)"}`, "", "", totals, true},
		"suffix repeated":               {`{__name__=~"http(_total)+"}`, "", "", totals, true},
		"other suffix":                  {`{__name__=~".+_(total|seconds)"}`, "", "", totals, false},
		"suffix that may be absent":     {`{__name__=~".+(_total)?"}`, "", "", totals, false},
		"something after the suffix":    {`{__name__=~".+_total.*"}`, "", "", totals, false},
		"suffix in any case":            {`{__name__=~"(?i).+_total"}`, "", "", totals, false},
		"names by exclusion":            {`{__name__!~".+_total"}`, "", "", totals, false},
		"filter":                        {`{pod!=""}`, "_total$", "", totals, true},
		"filter that is open":           {`{pod!=""}`, "_total", "", totals, false},
		"matches":                       {`{pod!=""}`, "", "^(.*)_total$", totals, true},
		"capitals":                      {`{__name__=~"DCGM_.+"}`, "", "", capitals, true},
		"capitals of a class":           {`{__name__=~"gpu_[A-Z]+"}`, "", "", capitals, true},
		"capitals in some names":        {`{__name__=~"(DCGM|dcgm)_.+"}`, "", "", capitals, false},
		"capitals in any case":          {`{__name__=~"(?i)DCGM_.+"}`, "", "", capitals, false},
		"capitals that may be absent":   {`{__name__=~"gpu(_UTIL)?"}`, "", "", capitals, false},
		"dots":                          {`{__name__=~"shop\\..+"}`, "", "", quotes, true},
		"dots for any character":        {`{__name__=~"shop.+"}`, "", "", quotes, false},
		"colons":                        {`{__name__=~"job:.+"}`, "", "", quotes, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := Rule{SeriesQuery: tt.series, Name: Name{Matches: tt.matches}}
			if tt.filter != "" {
				r.SeriesFilters = []Filter{{Is: tt.filter}}
			}
			if got := tt.judge(&validator{kind: KindCustom, rule: r, mapper: forRule(r)}); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

// Only a series with a certain name would show these: a pattern in place of the name, and an external metric whose series lack the
// required label, which others of the same name may have.
func TestValidateWarnsOfWhatMayWork(t *testing.T) {
	r := heavywork()
	r.SeriesQuery = `{__name__="heavywork_.*_total",namespace!="",pod!=""}`
	expectProblem(t, Validate(KindCustom, r), true, "series_query", []string{`__name__=~"heavywork_.*_total"`})

	r = heavywork()
	r.SeriesQuery, r.MetricsQuery = `queue_length{namespace=""}`, `sum(<<.Series>>{<<.LabelMatchers>>})`
	r.Name = Name{}
	delete(r.Resources.Overrides, "pod")
	expectProblem(t, Validate(KindExternal, r), true, `resources.overrides["namespace"]`, []string{`write namespace!=""`})
}
