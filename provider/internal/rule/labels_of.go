// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// labelsOf returns the labels of the samples that an expression yields.
func labelsOf(expr parser.Expr) labelSet {
	switch e := expr.(type) {
	case *parser.VectorSelector:
		return labelsOfSelector(e)
	case *parser.MatrixSelector:
		return labelsOf(e.VectorSelector)
	case *parser.SubqueryExpr:
		return labelsOf(e.Expr)
	case *parser.ParenExpr:
		return labelsOf(e.Expr)
	case *parser.UnaryExpr:
		return labelsOf(e.Expr)
	case *parser.StepInvariantExpr:
		return labelsOf(e.Expr)
	case *parser.AggregateExpr:
		return labelsOfAggregation(e)
	case *parser.BinaryExpr:
		return labelsOfBinary(e)
	case *parser.Call:
		return labelsOfCall(e)
	case *parser.NumberLiteral, *parser.StringLiteral:
		return noLabels()
	default:
		return anyLabels()
	}
}

func labelsOfSelector(e *parser.VectorSelector) labelSet {
	out := labelSet{open: true, names: map[string]bool{}, must: map[string]bool{}}
	for _, m := range e.LabelMatchers {
		if !m.Matches("") {
			out.must[m.Name] = true
		} else if m.Type == labels.MatchEqual {
			out.names[m.Name] = true
		}
	}
	for name := range out.must {
		if out.names[name] {
			out.empty = fmt.Sprintf("a series cannot both have and lack the label %s", name)
		}
	}
	return out
}

func labelsOfAggregation(e *parser.AggregateExpr) labelSet {
	inner := labelsOf(e.Expr)
	switch e.Op {
	case parser.TOPK, parser.BOTTOMK, parser.LIMITK, parser.LIMIT_RATIO:
		return inner
	}
	var out labelSet
	if e.Without {
		out = inner.without(e.Grouping...)
	} else {
		out = inner.only(e.Grouping)
	}
	if e.Op == parser.COUNT_VALUES {
		if label, ok := e.Param.(*parser.StringLiteral); ok {
			return out.with(label.Val)
		}
	}
	return out
}

func labelsOfCall(e *parser.Call) labelSet {
	inner, found := noLabels(), false
	var arg parser.Expr
	for _, a := range e.Args {
		if t := a.Type(); !found && (t == parser.ValueTypeVector || t == parser.ValueTypeMatrix) {
			inner, arg, found = labelsOf(a), a, true
		}
	}
	switch e.Func.Name {
	case "scalar", "vector", "time", "pi":
		return noLabels()
	case "absent", "absent_over_time":
		return labelsOfAbsent(arg)
	case "label_replace", "label_join":
		label, ok := e.Args[1].(*parser.StringLiteral)
		switch {
		case !ok:
			return anyLabels()
		case takesAway(e):
			return inner.without(label.Val)
		}
		return inner.with(label.Val)
	case "histogram_quantile", "histogram_fraction":
		return labelsOfQuantile(inner, arg)
	case "histogram_quantiles", "info":
		return labelSet{open: true, empty: inner.empty}
	default:
		return inner
	}
}

// takesAway reports whether a call of label_replace removes its label from each sample: the replacement is empty, and the pattern
// matches every value of the source label.
func takesAway(e *parser.Call) bool {
	if e.Func.Name != "label_replace" {
		return false
	}
	replacement, _ := e.Args[2].(*parser.StringLiteral)
	source, _ := e.Args[3].(*parser.StringLiteral)
	pattern, _ := e.Args[4].(*parser.StringLiteral)
	if replacement == nil || source == nil || pattern == nil || replacement.Val != "" {
		return false
	}
	return slices.Contains([]string{".*", "(.*)"}, pattern.Val) || source.Val == "" && pattern.Val == ""
}

// labelsOfAbsent returns the labels that absent derives from its selector: those with an equality matcher.
func labelsOfAbsent(arg parser.Expr) labelSet {
	if m, ok := arg.(*parser.MatrixSelector); ok {
		arg = m.VectorSelector
	}
	out := labelSet{names: map[string]bool{}}
	if selector, ok := arg.(*parser.VectorSelector); ok {
		for _, m := range selector.LabelMatchers {
			if m.Type == labels.MatchEqual {
				out.names[m.Name] = true
			}
		}
	}
	return out
}

// labelsOfQuantile handles classic histograms, which have no quantile without their label le. Native histograms do not need it, so
// only series whose name ends in _bucket are checked.
func labelsOfQuantile(inner labelSet, arg parser.Expr) labelSet {
	out := inner.without("le")
	buckets := false
	parser.Inspect(arg, func(node parser.Node, _ []parser.Node) error {
		if s, ok := node.(*parser.VectorSelector); ok && strings.HasSuffix(seriesName(s), "_bucket") {
			buckets = true
		}
		return nil
	})
	if buckets && !inner.can("le") && out.empty == "" {
		out.empty = "histogram_quantile needs the label le, which the aggregation inside it drops; group by it as well, as in by (<<.GroupBy>>, le)"
	}
	return out
}

func labelsOfBinary(e *parser.BinaryExpr) labelSet {
	l, r := labelsOf(e.LHS), labelsOf(e.RHS)
	if e.VectorMatching == nil { // one side is a number
		if e.LHS.Type() == parser.ValueTypeVector {
			return l
		}
		return r
	}
	m := e.VectorMatching
	switch {
	case e.Op == parser.LOR:
		return l.or(r)
	case e.Op == parser.LUNLESS:
		return l
	case m.FillValues.LHS != nil || m.FillValues.RHS != nil:
		return l.or(r)
	}
	empty := firstOf(l.empty, r.empty, unmatched(e, l, r))
	var out labelSet
	switch {
	case e.Op == parser.LAND:
		out = l
	case m.Card == parser.CardManyToOne:
		out = l.with(m.Include...)
	case m.Card == parser.CardOneToMany:
		out = r.with(m.Include...)
	case m.On:
		out = l.only(m.MatchingLabels)
	default:
		out = l.without(m.MatchingLabels...)
	}
	out.empty = empty
	return out
}

// unmatched says why no sample of one side can match one of the other, or returns nothing.
func unmatched(e *parser.BinaryExpr, l, r labelSet) string {
	m := e.VectorMatching
	compared := func(label string) bool {
		return label != model.MetricNameLabel && m.On == slices.Contains(m.MatchingLabels, label)
	}
	for _, side := range []struct {
		has, lacks labelSet
		expr       parser.Expr
	}{{l, r, e.RHS}, {r, l, e.LHS}} {
		for _, label := range slices.Sorted(maps.Keys(side.has.must)) {
			if compared(label) && !side.lacks.can(label) {
				return fmt.Sprintf("the two sides of %s match only where their labels are equal, and %s has no label %s; "+
					"group both sides in the same way, for example by (<<.GroupBy>>), or make one a number with scalar()", e.Op, side.expr, label)
			}
		}
	}
	return ""
}

func firstOf(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}

// seriesName returns the only name that a selector selects, or nothing.
func seriesName(s *parser.VectorSelector) string {
	for _, m := range s.LabelMatchers {
		if name, ok := singleValue(m); ok && m.Name == model.MetricNameLabel {
			return name
		}
	}
	return s.Name
}

// singleValue returns the only value that a matcher accepts, if there is exactly one and it is not empty.
func singleValue(m *labels.Matcher) (string, bool) {
	switch m.Type {
	case labels.MatchEqual:
		return m.Value, m.Value != ""
	case labels.MatchRegexp:
		if set := m.SetMatches(); len(set) == 1 && set[0] != "" {
			return set[0], true
		}
	}
	return "", false
}
