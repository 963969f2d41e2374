// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"regexp"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	"sigs.k8s.io/prometheus-adapter/pkg/config"
	"sigs.k8s.io/prometheus-adapter/pkg/naming"
)

// Validate returns everything that is wrong or misleading about a rule; an empty result means that the adapter will load it
// and that Prometheus will accept its queries. Fields listed in unknown have no value yet and are not checked.
func Validate(kind Kind, r Rule, unknown ...Field) []Problem {
	v := &validator{kind: kind, rule: r, unknown: unknown, mapper: forRule(r)}
	v.seriesQuery()
	v.seriesFilters()
	v.resources()
	v.labels()
	v.metricName()
	v.staticName()
	v.misleadingName()
	v.metricsQuery()
	return v.found
}

// HasErrors reports whether any of the problems is more than a warning.
func HasErrors(found []Problem) bool {
	return slices.ContainsFunc(found, func(p Problem) bool { return !p.Warning })
}

type validator struct {
	kind    Kind
	rule    Rule
	unknown []Field
	mapper  *mapper
	found   problems
}

func (v *validator) known(fields ...Field) bool {
	return !slices.ContainsFunc(fields, func(f Field) bool { return slices.Contains(v.unknown, f) })
}

// sound reports whether the fields are known and free of errors so far, so that checks across fields make sense.
func (v *validator) sound(fields ...Field) bool {
	return v.known(fields...) && !slices.ContainsFunc(v.found, func(p Problem) bool {
		return !p.Warning && slices.Contains(fields, p.Field)
	})
}

// reported reports whether anything was found about a field, so that a guess at the same cause would only repeat it.
func (v *validator) reported(field Field) bool {
	return slices.ContainsFunc(v.found, func(p Problem) bool { return p.Field == field })
}

// series returns the only name that series_query can select, if it selects by name.
func (v *validator) series() (name string, ok bool) { return Series(v.rule.SeriesQuery) }

const seriesQueryExample = `write a selector such as heavywork_requests_total{namespace!="",pod!=""}`

func (v *validator) seriesQuery() {
	if !v.known(FieldSeriesQuery) {
		return
	}
	query := v.rule.SeriesQuery
	if strings.TrimSpace(query) == "" {
		v.found.fail(FieldSeriesQuery, nil, "Empty series_query",
			"series_query is empty, so the adapter cannot discover any series; %s.", seriesQueryExample)
		return
	}
	matchers, err := newParser().ParseMetricSelector(query)
	if err != nil {
		v.found.fail(FieldSeriesQuery, nil, "Invalid series_query",
			"series_query %q is not a Prometheus series selector: %v.%s Functions, ranges and operators belong in metrics_query; %s.",
			query, explainSyntax(err), selectorHint(query), seriesQueryExample)
		return
	}
	for _, m := range matchers {
		if p := comparedAsText(m); p != "" {
			v.found.warn(FieldSeriesQuery, nil, "Pattern compared as text", "series_query %q has %s", query, p)
		}
	}
	if reason := labelsOfSelector(&parser.VectorSelector{LabelMatchers: matchers}).empty; reason != "" {
		v.found.fail(FieldSeriesQuery, nil, "No series can match", "series_query %q selects nothing: %s; leave one of the two matchers out.", query, reason)
		return
	}
	if slices.ContainsFunc(matchers, func(m *labels.Matcher) bool { return !m.Matches("") }) {
		return
	}
	v.found.fail(FieldSeriesQuery, nil, "Invalid series_query",
		"series_query %q selects every series, which Prometheus refuses: at least one matcher must exclude the empty value; %s.",
		query, seriesQueryExample)
}

// selectorHint guesses what was meant by an invalid series query.
func selectorHint(query string) string {
	trimmed := strings.TrimSpace(query)
	switch {
	case strings.Contains(query, "<<"):
		return " It is not a template: fields such as <<.Series>> belong in metrics_query."
	case strings.HasPrefix(trimmed, "'") || strings.HasPrefix(trimmed, `"`):
		return " Quotes around the selector are YAML's: leave them out."
	case unquotedValue.MatchString(query):
		return ` Put the value of a matcher in quotes, in Terraform \"...\".`
	}
	return ""
}

var unquotedValue = regexp.MustCompile(`(=|!=|=~|!~)\s*[A-Za-z0-9_.*+]+\s*[,}]`)

func (v *validator) seriesFilters() {
	if !v.known(FieldSeriesFilters) {
		return
	}
	for i, f := range v.rule.SeriesFilters {
		at := []Step{Index(i)}
		switch {
		case f.Is != "" && f.IsNot != "":
			v.found.fail(FieldSeriesFilters, at, "Ambiguous series filter",
				"series_filters[%d] sets both is = %q and is_not = %q; a filter keeps or drops, so set one and write a second filter for the other.",
				i, f.Is, f.IsNot)
		case f.Is == "" && f.IsNot == "":
			v.found.fail(FieldSeriesFilters, at, "Empty series filter",
				`series_filters[%d] sets neither is nor is_not; set exactly one of them to a non-empty regular expression, for example is_not = "_bucket$". Terraform drops keys that it does not know, so look for a misspelt one.`, i)
		default:
			attr, value := Attr("is"), f.Is
			if f.Is == "" {
				attr, value = "is_not", f.IsNot
			}
			if _, err := naming.NewReMatcher(config.RegexFilter{Is: value}); err != nil {
				v.badRegexp(FieldSeriesFilters, append(at, attr), value)
			}
		}
	}
}
