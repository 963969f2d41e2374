// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"fmt"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
)

// unrepeatedMatchers warns about conditions that decide which metrics exist, but not which values they have.
func (v *validator) unrepeatedMatchers(samples []sample) {
	if !v.sound(FieldSeriesQuery) {
		return
	}
	matchers, err := newParser().ParseMetricSelector(v.rule.SeriesQuery)
	if err != nil {
		return
	}
	series, _ := v.sampleSeriesName()
	asked := map[string]bool{}
	for _, s := range samples {
		for _, u := range usages(s.expr) {
			if name := seriesName(u.selector); name != series && name != "" {
				continue
			}
			for _, m := range u.selector.LabelMatchers {
				asked[m.Name] = true
			}
		}
	}
	for _, m := range matchers {
		if m.Name == model.MetricNameLabel || asked[m.Name] || !limits(m) || v.excludedMapped(m) || evidentPattern(m.Value) && !isRegexp(m) {
			continue // not a condition on the value, or repeated, or already reported
		}
		v.found.warn(FieldMetricsQuery, nil, "Condition only for discovery",
			"series_query asks for %s, but metrics_query %q does not: series_query decides which metrics there are, not which series their values come from, so other series of the same name count as well. Repeat it, as in <<.Series>>{<<.LabelMatchers>>,%s}.",
			m, v.rule.MetricsQuery, m)
		return
	}
}

// limits reports whether a matcher accepts only some of the values that a label can have. To require that a label exists is a matter
// of discovery, not a condition on the value.
func limits(m *labels.Matcher) bool {
	if isRegexp(m) && (m.Value == ".*" || m.Value == ".+") {
		return m.Type == labels.MatchNotRegexp
	}
	return !m.Matches(sampleNames[0]) || m.Type == labels.MatchNotEqual && m.Value != "" || m.Type == labels.MatchNotRegexp && m.Value != "" && m.Value != "^$"
}

func isRegexp(m *labels.Matcher) bool {
	return m.Type == labels.MatchRegexp || m.Type == labels.MatchNotRegexp
}

// excludes reports whether a matcher accepts only series without the label.
func excludes(m *labels.Matcher) bool {
	switch m.Type {
	case labels.MatchEqual:
		return m.Value == ""
	case labels.MatchRegexp:
		return m.Value == "" || m.Value == "^$"
	case labels.MatchNotRegexp:
		return m.Value == ".+"
	default:
		return false
	}
}

// excludedMapped reports whether a matcher is one of those that labels reports.
func (v *validator) excludedMapped(m *labels.Matcher) bool {
	_, mapped := v.rule.Resources.Overrides[m.Name]
	return mapped && excludes(m)
}

// comparedAsText describes a matcher that compares a pattern as plain text, or returns nothing.
func comparedAsText(m *labels.Matcher) string {
	if isRegexp(m) || !evidentPattern(m.Value) {
		return ""
	}
	means, operator := "matches nothing but", "=~"
	if m.Type == labels.MatchNotEqual {
		means, operator = "leaves out nothing but", "!~"
	}
	return fmt.Sprintf("%s, which %s the text %q itself: = and != compare texts. For a regular expression write %s%s%q.", m, means, m.Value, m.Name, operator, m.Value)
}
