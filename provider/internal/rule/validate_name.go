// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// badRegexp reports an expression that Go's regexp package, which the adapter uses, does not compile.
func (v *validator) badRegexp(field Field, at []Step, value string) {
	_, err := regexp.Compile(value)
	hint := ""
	if strings.HasPrefix(value, "*") {
		hint = ` "Anything" is .* and not *.`
	}
	v.found.fail(field, at, "Invalid regular expression",
		"%s = %q does not compile: %v.%s The adapter uses Go regular expressions (RE2): there is no lookahead, and in Terraform a backslash is written twice.",
		Problem{Field: field, Steps: at}.Path(), value, err, hint)
}

func (v *validator) metricName() {
	if !v.known(FieldMetricName) {
		return
	}
	name := v.rule.Name
	matches := name.Matches
	if matches == "" {
		matches = ".*"
	}
	re, err := regexp.Compile(matches)
	if err != nil {
		v.badRegexp(FieldMetricName, []Step{Attr("matches")}, matches)
		return
	}
	if name.As == "" {
		if re.NumSubexp() > 1 {
			v.found.fail(FieldMetricName, []Step{Attr("as")}, "Missing metric_name.as",
				`metric_name.matches %q has %d capture groups, so the adapter cannot tell which one is the name; set as, for example as = "${1}_per_second".`,
				matches, re.NumSubexp())
		}
		return
	}
	v.captureGroups(re, name.As, matches)
}

// captureGroups reports references to groups that matches does not have. The adapter replaces them with nothing, which makes the
// name wrong or empty.
func (v *validator) captureGroups(re *regexp.Regexp, as, matches string) {
	rest, unknown := as, []reference(nil)
	for _, ref := range references(as) {
		if !ref.definedBy(re) {
			rest = strings.Replace(rest, ref.text, "", 1)
			unknown = append(unknown, ref)
		}
	}
	if len(unknown) == 0 {
		return
	}
	report := v.found.warn
	if rest == "" {
		report = v.found.fail
	}
	ref := unknown[0]
	report(FieldMetricName, []Step{Attr("as")}, "Unknown capture group",
		"metric_name.as %q uses %s, but metric_name.matches %q has %s; the adapter would put nothing in its place. %s",
		as, ref.text, matches, groupsOf(re), ref.remedy(re))
}

// reference is a reference to a capture group in metric_name.as.
type reference struct {
	text   string // as written, with the dollar sign
	group  string
	braces bool
}

var referencePattern = regexp.MustCompile(`\$(?:\$|\{(\w+)\}|(\w+))`)

// references finds capture group references the way regexp.Expand reads them: without braces the name is as long as possible.
func references(as string) []reference {
	var refs []reference
	for _, m := range referencePattern.FindAllStringSubmatch(as, -1) {
		switch {
		case m[1] != "":
			refs = append(refs, reference{text: m[0], group: m[1], braces: true})
		case m[2] != "":
			refs = append(refs, reference{text: m[0], group: m[2]})
		}
	}
	return refs
}

func (r reference) definedBy(re *regexp.Regexp) bool {
	if n, err := strconv.Atoi(r.group); err == nil {
		return n <= re.NumSubexp()
	}
	return slices.Contains(re.SubexpNames(), r.group)
}

var leadingNumber = regexp.MustCompile(`^(\d+)(\w+)$`)

func (r reference) remedy(re *regexp.Regexp) string {
	if m := leadingNumber.FindStringSubmatch(r.group); m != nil && !r.braces {
		return fmt.Sprintf("Without braces the group's name is read as %q; write ${%s}%s (in Terraform $${%s}%s).", r.group, m[1], m[2], m[1], m[2])
	}
	if re.NumSubexp() == 0 {
		return "Put parentheses around the part of matches to keep, or write a fixed name."
	}
	return "Use one of the groups, or $0 for the whole match."
}

func groupsOf(re *regexp.Regexp) string {
	switch n := re.NumSubexp(); n {
	case 0:
		return "no capture group"
	case 1:
		return "one capture group"
	default:
		return fmt.Sprintf("%d capture groups", n)
	}
}

// staticName checks, for a query that selects one series by name, that filters and name mapping accept this series.
func (v *validator) staticName() {
	if !v.sound(FieldSeriesQuery, FieldSeriesFilters, FieldMetricName) {
		return
	}
	series, ok := v.series()
	if !ok {
		return
	}
	for i, f := range v.rule.SeriesFilters {
		if name, err := metricFor(series, []Filter{f}, Name{}); err == nil && name == "" {
			v.found.fail(FieldSeriesFilters, []Step{Index(i)}, "Filter drops the only series",
				"series_query selects only %q, which series_filters[%d] drops, so the rule can never serve a metric; loosen the filter or leave it out.", series, i)
			return
		}
	}
	if re, err := regexp.Compile(v.rule.Name.Matches); err != nil || !re.MatchString(series) {
		v.found.fail(FieldMetricName, []Step{Attr("matches")}, "Name does not match the series",
			`series_query selects only %q, which metric_name.matches %q does not match, so the rule can never serve a metric; use for example matches = "^(.*)_total$".`,
			series, v.rule.Name.Matches)
		return
	}
	if name, err := metricFor(series, nil, v.rule.Name); err != nil || name == "" {
		v.found.fail(FieldMetricName, []Step{Attr("as")}, "Empty metric name",
			"metric_name turns the series %q into an empty name; let matches capture a part of the name and use it in as.", series)
	}
}
