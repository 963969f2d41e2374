// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/prometheus/prometheus/promql/parser"
)

var (
	seriesBeforeBrace = regexp.MustCompile(`<<-?\s*\.Series\s*-?>>\s*\{\s*`)
	seriesAlone       = regexp.MustCompile(`<<-?\s*\.Series\s*-?>>`)
)

// quotedSeries says how to write a query whose series name PromQL accepts only in quotes, and returns false if the query needs no
// change. The expression is the current query for the request, or nil if it does not parse.
func (v *validator) quotedSeries(req Request, expr parser.Expr) (string, bool) {
	series, _ := v.sampleSeriesName()
	query := v.rule.MetricsQuery
	if !strings.ContainsFunc(series, needsQuotes) || !seriesAlone.MatchString(query) {
		return "", false
	}
	if expr != nil {
		for _, u := range usages(expr) {
			if seriesName(u.selector) == series {
				return "", false
			}
		}
	}
	remedy := seriesBeforeBrace.ReplaceAllString(query, `{"<<.Series>>",`)
	remedy = strings.ReplaceAll(remedy, `"<<.Series>>",}`, `"<<.Series>>"}`)
	const done = "\x00"
	remedy = strings.ReplaceAll(remedy, `"<<.Series>>"`, done)
	remedy = seriesAlone.ReplaceAllString(remedy, `{"<<.Series>>"}`)
	remedy = strings.ReplaceAll(remedy, done, `"<<.Series>>"`)
	r := v.rule
	r.MetricsQuery = remedy
	if out, err := render(v.kind, r, req, v.mapper); err != nil {
		return "", false
	} else if _, err := newParser().ParseExpr(out.text); err != nil {
		return "", false // something else is wrong
	}
	what := fmt.Sprintf("the series %q has", series)
	if series == quotedSample {
		what = "series_query selects series that have"
	}
	return fmt.Sprintf("metrics_query %q cannot read its series: %s characters in the name other than letters, digits, underscores and colons, and such a name must be quoted inside the braces. Write %s (in Terraform each quote as \\\").",
		query, what, remedy), true
}
