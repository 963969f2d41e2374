// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	labelselector "k8s.io/apimachinery/pkg/labels"
)

// misleadingQuery warns about queries that yield values other than people expect.
func (v *validator) misleadingQuery(samples []sample) {
	seen := map[string]bool{} // the samples mostly repeat each other
	for _, s := range samples {
		for _, p := range v.misleading(s) {
			if !seen[p.Summary] {
				seen[p.Summary] = true
				v.found = append(v.found, p)
			}
		}
	}
	v.unusedFields(samples)
	v.unrepeatedMatchers(samples)
	v.uselessAlternatives(samples)
	v.absentLabelValues()
	for _, s := range samples {
		if m := bareDuration.FindString(quotedText.ReplaceAllString(s.text, `""`)); m != "" {
			v.found.warn(FieldMetricsQuery, nil, "Duration without unit",
				"metrics_query %q has the duration %s without a unit: Prometheus 3 reads it as seconds, and older versions refuse it. Write the unit, for example [%ss] or [1m].",
				v.rule.MetricsQuery, m, strings.Trim(m, "[] "))
			return
		}
	}
}

var (
	bareDuration = regexp.MustCompile(`\[\s*[0-9.]+\s*\]`)
	quotedText   = regexp.MustCompile("\"(?:[^\"\\\\]|\\\\.)*\"|'(?:[^'\\\\]|\\\\.)*'|`[^`]*`") // in PromQL, where [45].. may be part of a matcher
)

// usage is one selector with the expressions around it.
type usage struct {
	selector *parser.VectorSelector
	path     []parser.Node // from the root to the selector, without it
}

func usages(expr parser.Expr) []usage {
	var found []usage
	parser.Inspect(expr, func(node parser.Node, path []parser.Node) error {
		if s, ok := node.(*parser.VectorSelector); ok {
			found = append(found, usage{selector: s, path: slices.Clone(path)})
		}
		return nil
	})
	return found
}

// function returns the innermost function around the selector of those named, or nothing.
func (u usage) function(names ...string) string {
	for _, node := range slices.Backward(u.path) {
		if call, ok := node.(*parser.Call); ok && slices.Contains(names, call.Func.Name) {
			return call.Func.Name
		}
	}
	return ""
}

// counts reports whether only the number or existence of the series matters, or their order.
func (u usage) counts() bool {
	if u.function("absent", "absent_over_time", "present_over_time", "count_over_time", "changes", "resets", "timestamp") != "" {
		return true
	}
	return slices.ContainsFunc(u.path, func(node parser.Node) bool {
		a, ok := node.(*parser.AggregateExpr)
		return ok && (a.Op == parser.COUNT || a.Op == parser.GROUP || a.Op == parser.COUNT_VALUES)
	})
}

func (v *validator) misleading(s sample) problems {
	var found problems
	for _, u := range usages(s.expr) {
		v.counter(u, &found)
		v.shifted(u, &found)
	}
	parser.Inspect(s.expr, func(node parser.Node, path []parser.Node) error {
		v.misleadingNode(node, path, s, &found)
		return nil
	})
	return found
}

// shifted warns about values that are not current.
func (v *validator) shifted(u usage, found *problems) {
	if u.selector.Timestamp != nil || u.selector.StartOrEnd != 0 {
		found.warn(FieldMetricsQuery, nil, "Fixed time",
			"metrics_query %q fixes the time with @, so the value never changes or is that of another time; an autoscaler needs the current one: leave @ out.", v.rule.MetricsQuery)
	}
	if u.selector.OriginalOffset <= 0 {
		return
	}
	compared := slices.ContainsFunc(u.path, func(node parser.Node) bool { // with the past, on purpose
		_, ok := node.(*parser.BinaryExpr)
		return ok
	})
	if !compared {
		found.warn(FieldMetricsQuery, nil, "Values of the past",
			"metrics_query %q has an offset of %s, so an autoscaler would react to the load of that long ago; leave offset out.", v.rule.MetricsQuery, u.selector.OriginalOffset)
	}
}

func (v *validator) misleadingNode(node parser.Node, path []parser.Node, s sample, found *problems) {
	query := v.rule.MetricsQuery
	switch e := node.(type) {
	case *parser.SubqueryExpr:
		if _, plain := e.Expr.(*parser.VectorSelector); plain {
			found.warn(FieldMetricsQuery, nil, "Subquery of a series",
				"metrics_query %q has a subquery ([range:step]) of a plain series, which evaluates it at every step instead of reading the scraped samples, and can miss all but one of them; write a range without a colon, for example [1m].", query)
		}
	case *parser.AggregateExpr:
		if e.Op != parser.AVG {
			break
		}
		outer := slices.ContainsFunc(path, func(node parser.Node) bool {
			a, ok := node.(*parser.AggregateExpr)
			return ok && a.Op == parser.AVG
		})
		if outer {
			found.warn(FieldMetricsQuery, nil, "Average of averages",
				"metrics_query %q averages averages, in which a group of few series weighs as much as one of many; divide sums instead: sum(...) by (<<.GroupBy>>) / count(...) by (<<.GroupBy>>).", query)
		}
	case *parser.VectorSelector:
		for _, m := range e.LabelMatchers {
			several := m.Value == strings.Join(sampleNames, "|")
			if several && m.Type == labels.MatchEqual && s.resource == podResource {
				found.warn(FieldMetricsQuery, nil, "Matcher for one object only",
					"metrics_query %q becomes %s for two objects, which no series matches: .LabelValuesByName joins names with |, so write %s=~ instead of %s=, or use <<.LabelMatchers>>.",
					query, e, m.Name, m.Name)
			} else if p := comparedAsText(m); p != "" && !several {
				found.warn(FieldMetricsQuery, nil, "Pattern compared as text", "metrics_query %q has %s", query, p)
			}
		}
	}
	if len(path) == 0 {
		v.grouping(node, s, found)
	}
}

// grouping warns about an outermost aggregation that does not yield one value per object.
func (v *validator) grouping(node parser.Node, s sample, found *problems) {
	for {
		paren, ok := node.(*parser.ParenExpr)
		if !ok {
			break
		}
		node = paren.Expr
	}
	e, ok := node.(*parser.AggregateExpr)
	if !ok || e.Without {
		return
	}
	if v.kind == KindExternal {
		if strings.Contains(v.rule.MetricsQuery, ".GroupBy") && len(e.Grouping) == 0 {
			found.warn(FieldMetricsQuery, nil, "Nothing to group by",
				"metrics_query %q becomes %q: for an external metric .GroupBy is always empty, so there is one value for everything. Leave by (<<.GroupBy>>) out, or name the labels, as in by (queue).",
				v.rule.MetricsQuery, s.text)
		}
		return
	}
	if s.label == "" || !v.sound(FieldResources) || !slices.Contains(e.Grouping, s.label) {
		return
	}
	for _, label := range e.Grouping {
		if label != s.label && !v.mapsLabel(label) {
			found.warn(FieldMetricsQuery, nil, "Several values for one object",
				"metrics_query %q groups by the label %q as well, which resources does not map: there would be several values for one of the %s, and the adapter serves any one of them. Group by (<<.GroupBy>>) alone.",
				v.rule.MetricsQuery, label, s.resource)
			return
		}
	}
}

// mapsLabel reports whether the label names a resource. Only the cluster knows what a template makes of a label.
func (v *validator) mapsLabel(label string) bool {
	_, ok := v.rule.Resources.Overrides[label]
	return ok || v.rule.Resources.Template != ""
}

// unusedFields warns about a query that does not depend on the request.
func (v *validator) unusedFields(samples []sample) {
	series, _ := v.sampleSeriesName()
	usesSeries, usesMatchers := false, false
	var named []string
	for _, s := range samples {
		for _, u := range usages(s.expr) {
			name := seriesName(u.selector)
			if name == series {
				usesSeries = true
			} else if name != "" && !slices.Contains(named, name) {
				named = append(named, name)
			}
			for _, m := range u.selector.LabelMatchers {
				usesSeries = usesSeries || strings.Contains(m.Value, series)
				usesMatchers = usesMatchers || m.Value == sampleNamespace || strings.Contains(m.Value, sampleNames[0])
			}
		}
	}
	if !usesSeries {
		what := "does not use it"
		if len(named) > 0 {
			what = fmt.Sprintf("reads %s instead", strings.Join(named, " and "))
		}
		v.found.warn(FieldMetricsQuery, nil, "Series is not used",
			"series_query decides which series make the metric, but metrics_query %q %s, so the metric would exist because of one series and show another; write <<.Series>> for the name.", v.rule.MetricsQuery, what)
	}
	if usesMatchers || !v.sound(FieldResources) {
		return
	}
	switch {
	case v.kind == KindCustom:
		v.found.warn(FieldMetricsQuery, nil, "Label matchers are not used",
			"metrics_query %q does not limit the series to the requested objects: Prometheus would read those of the whole cluster, and objects of the same name in two namespaces would share their values; write <<.Series>>{<<.LabelMatchers>>}.", v.rule.MetricsQuery)
	case !v.namespaced() && v.ignoresSelector():
		v.found.warn(FieldMetricsQuery, nil, "Selector has no effect",
			"metrics_query %q is the same for every request, so the labels that an autoscaler selects in metric.selector have no effect; write <<.Series>>{<<.LabelMatchers>>} to have them count.", v.rule.MetricsQuery)
	case v.namespaced():
		v.found.warn(FieldMetricsQuery, nil, "Label matchers are not used",
			"metrics_query %q does not limit the series to the namespace that asks, nor to the labels that an autoscaler selects; write <<.Series>>{<<.LabelMatchers>>}, or set resources.namespaced = false.", v.rule.MetricsQuery)
	}
}

// ignoresSelector reports whether the query of an external metric is the same whatever an autoscaler selects.
func (v *validator) ignoresSelector() bool {
	const label, value = "sample_label", "sample-value"
	request := v.sampleRequests()[0]
	request.Selector = labelselector.SelectorFromSet(labelselector.Set{label: value})
	out, err := render(v.kind, v.rule, request, v.mapper)
	return err == nil && !strings.Contains(out.text, value) && !strings.Contains(v.rule.MetricsQuery, labelValuesField)
}
