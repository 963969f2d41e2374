// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"
)

// shortestInterval is the lower bound assumed for a scrape interval that is not set: no common setup scrapes more often.
const shortestInterval = 5 * time.Second

// Window lengths in scrape intervals: a window of fewer than two can hold a single sample, which has no rate; one of four still has
// a rate when a scrape fails.
const (
	fewestIntervals      = 2
	recommendedIntervals = 4
)

// Windows warns about ranges in metrics_query that are too short for the scrape interval. An interval of zero means that it is not
// known; then Windows warns only about ranges that are too short for any common interval. It ignores rules with errors.
func Windows(kind Kind, r Rule, interval time.Duration, unknown ...Field) []Problem {
	v := &validator{kind: kind, rule: r, unknown: unknown, mapper: forRule(r)}
	if !v.known(FieldMetricsQuery) || strings.TrimSpace(r.MetricsQuery) == "" {
		return nil
	}
	if v.known(FieldResources) {
		v.resources()
	}
	samples, _ := v.samples()
	v.found = nil
	var judged []time.Duration
	for _, s := range samples {
		parser.Inspect(s.expr, func(node parser.Node, _ []parser.Node) error {
			call, ok := node.(*parser.Call)
			if !ok || !slices.Contains(slices.Concat(counterFunctions, gaugeFunctions), call.Func.Name) {
				return nil
			}
			m, ok := call.Args[0].(*parser.MatrixSelector)
			if !ok || m.RangeExpr != nil || slices.Contains(judged, m.Range) {
				return nil
			}
			judged = append(judged, m.Range)
			v.window(call.Func.Name, m.Range, interval)
			return nil
		})
	}
	return v.found
}

func (v *validator) window(function string, window, interval time.Duration) {
	known := interval > 0
	if !known {
		interval = shortestInterval
	}
	if window >= fewestIntervals*interval {
		return
	}
	text := func(d time.Duration) string { return model.Duration(d).String() }
	if !known {
		v.found.warn(FieldMetricsQuery, nil, "Rate window too short",
			"metrics_query %q has %s() over %s, which holds fewer than two samples unless Prometheus scrapes every %s or more often; this warning assumes that it does not scrape more often than every %s. "+
				"Use four scrape intervals or more, or set scrape_interval here or in the provider block to what it is.",
			v.rule.MetricsQuery, function, text(window), text(window/fewestIntervals), text(shortestInterval))
		return
	}
	v.found.warn(FieldMetricsQuery, nil, "Rate window too short",
		"metrics_query %q has %s() over %s, but the scrape interval is %s: a window shorter than two intervals (%s) can hold a single sample, which has no rate. Use four, [%s], or more.",
		v.rule.MetricsQuery, function, text(window), text(interval), text(fewestIntervals*interval), text(recommendedIntervals*interval))
}
