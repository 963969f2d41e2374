// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"regexp"
	"regexp/syntax"
	"strconv"
	"strings"
	"unicode"

	"k8s.io/apimachinery/pkg/api/validate/content"
)

// plainName matches ordinary metric names. A metrics API accepts other characters, but they are awkward in a URL.
var plainName = regexp.MustCompile(`^[A-Za-z0-9_:.-]+$`)

// misleadingName checks the name that a metric gets, or its fixed parts.
func (v *validator) misleadingName() {
	if !v.sound(FieldMetricName, FieldSeriesQuery, FieldSeriesFilters) || v.reported(FieldMetricName) {
		return
	}
	as := v.rule.Name.As
	name, fixed := Metric(v.rule)
	if _, named := v.series(); !fixed || !named {
		fixed = false
		name = referencePattern.ReplaceAllString(as, "x") // any text that a group may capture
	}
	at := []Step{Attr("as")}
	if name != "" && len(content.IsPathSegmentName(name)) > 0 {
		v.found.fail(FieldMetricName, at, "Name cannot be asked for",
			"metric_name.as makes the name %q, which cannot be a part of a URL of the metrics API, so the metric could not be asked for: it must not contain / or %%, nor be . or ..; use letters, digits and underscores.", name)
		return
	}
	capitals := v.kind == KindExternal && v.hasCapitals(name, fixed)
	if strings.Contains(as, "<<") || strings.Contains(as, "{{") {
		v.found.warn(FieldMetricName, at, "Name is not a template",
			"metric_name.as is %q, but it is not a template: fields such as <<.Series>> belong in metrics_query, and the text would be part of the name as it is. One metric has the values of all labels: "+
				"write a fixed name or a capture group, as in as = \"$${1}_per_second\", and have the autoscaler name the label in its metric.selector.", as)
		v.found[len(v.found)-1].Warning = !capitals // a name with capitals is not found at all
		return
	}
	if capitals {
		const found = "An autoscaler's client asks external.metrics.k8s.io for names in lower case only, so it never finds a name with capitals"
		if fixed {
			v.found.fail(FieldMetricName, at, "Name with capitals",
				"The external metric would be called %q. %s; set metric_name.as = %q.", name, found, strings.ToLower(name))
			return
		}
		v.found.fail(FieldMetricName, at, "Name with capitals",
			"Each name that the external metric can get has capitals. %s; capture a part of the series' name without capitals in metric_name.matches and write metric_name.as in lower case, or name one series.", found)
		return
	}
	switch {
	case as != "" && as[0] >= '0' && as[0] <= '9':
		v.found.warn(FieldMetricName, at, "Name begins with a digit",
			"metric_name.as is %q. In Terraform ${1} is replaced by 1 before the provider sees it: write $${1} to have the first capture group of matches in the name, as in as = \"$${1}_per_second\".", as)
	case name != "" && !plainName.MatchString(name):
		v.found.warn(FieldMetricName, at, "Unusual name",
			"metric_name.as = %[2]q makes the name %[1]q, which has characters other than letters, digits and underscores, so it is hard to ask for. A capture group is written ${1}, in Terraform $${1}: not {$1}, \\1 or <<1>>.", name, as)
	case strings.HasPrefix(name, "_"):
		v.found.warn(FieldMetricName, at, "Name is only a part",
			"metric_name.as makes the name %q: the metric gets what as says and nothing else, the rest of the series' name is not kept. Capture it, as in matches = \"^(.*)_total$\" and as = \"$${1}_per_second\".", name)
	case !v.namesOneSeries() && as != "" && len(references(as)) == 0:
		v.found.warn(FieldMetricName, at, "One name for several series",
			"metric_name.as %q is a fixed name, but series_query %q can select series of several names. The adapter would give all of them this one name and serve any one of them; name the series in series_query, or put a capture group into as.",
			as, v.rule.SeriesQuery)
	}
}

// hasCapitals reports whether the name that a metric gets, or every possible name if it is not fixed, has capital letters.
func (v *validator) hasCapitals(name string, fixed bool) bool {
	if fixed || strings.ContainsFunc(name, unicode.IsUpper) { // name holds the fixed parts if it is not fixed
		return strings.ContainsFunc(name, unicode.IsUpper)
	}
	as := v.rule.Name.As
	if v.rule.Name.Matches == "" {
		return (as == "" || as == "$0" || as == "${0}") && v.everyName(unicode.IsUpper)
	}
	re, err := syntax.Parse(v.rule.Name.Matches, syntax.Perl)
	if err != nil {
		return false
	}
	groups := captures(re)
	if as == "" {
		return requires(groups[min(1, len(groups)-1)], unicode.IsUpper)
	}
	for _, ref := range references(as) {
		for i, group := range groups {
			if (ref.group == strconv.Itoa(i) || ref.group == group.Name) && requires(group, unicode.IsUpper) {
				return true
			}
		}
	}
	return false
}

// captures returns an expression and its capture groups by number.
func captures(re *syntax.Regexp) []*syntax.Regexp {
	out := []*syntax.Regexp{re}
	var collect func(*syntax.Regexp)
	collect = func(re *syntax.Regexp) {
		if re.Op == syntax.OpCapture {
			out = append(out, re)
		}
		for _, sub := range re.Sub {
			collect(sub)
		}
	}
	collect(re)
	return out
}

// namesOneSeries reports whether series_query, filters and name accept only one name.
func (v *validator) namesOneSeries() bool {
	if _, ok := v.series(); ok {
		return true
	}
	exact := func(expression string) bool {
		text := strings.TrimSuffix(strings.TrimPrefix(expression, "^"), "$")
		return len(text) == len(expression)-2 && text != "" && text == regexp.QuoteMeta(text)
	}
	for _, f := range v.rule.SeriesFilters {
		if exact(f.Is) {
			return true
		}
	}
	return exact(v.rule.Name.Matches)
}
