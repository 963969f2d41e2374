// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"slices"

	"github.com/prometheus/prometheus/promql/parser"
)

// uselessAlternatives warns about a side of or that never gives an object a value, usually a default such as vector(0): its samples
// lack the label by which the adapter finds the object.
func (v *validator) uselessAlternatives(samples []sample) {
	if !v.sound(FieldResources) {
		return
	}
	var left []alternative // sides that are useless for every request so far
	for i, s := range v.judgedAlone(samples) {
		var sides []alternative
		uselessSides(s.expr, s, "", &sides)
		if i == 0 {
			left = sides
			continue
		}
		namespace := s.resource.Resource == "namespaces"
		left = slices.DeleteFunc(left, func(a alternative) bool {
			// absent derives the label of a single object, but not those of several.
			return !slices.ContainsFunc(sides, a.same) && !(namespace && usesAbsent(a.side))
		})
	}
	if len(left) == 0 {
		return
	}
	v.found.warn(FieldMetricsQuery, nil, "Alternative without the object's label",
		"metrics_query %q becomes %q for %s, where one side of or is %s: its samples do not have the label %q by which the adapter finds the object, so no object ever gets a value from it. "+
			"A counter that is exposed at 0 from the start needs no default; otherwise use one that has the label, for example or 0 * max(up{<<.LabelMatchers>>}) by (<<.GroupBy>>).",
		v.rule.MetricsQuery, left[0].text, left[0].resource, left[0].side, left[0].label)
}

// judgedAlone returns one sample for each resource, as an autoscaler requests it: several pods at once, but one object of any other
// resource. Namespaces come last.
func (v *validator) judgedAlone(samples []sample) []sample {
	var others, namespaces []sample
	for _, s := range samples {
		several := s.resource == podResource
		switch {
		case s.label == "" || (s.names > 1) != several:
		case s.resource.Resource == "namespaces":
			namespaces = append(namespaces, s)
		default:
			others = append(others, s)
		}
	}
	return append(others, namespaces...)
}

// alternative is a side of or in the query for a request, identified by its place in the query.
type alternative struct {
	sample
	side  parser.Expr
	place string
}

func (a alternative) same(b alternative) bool { return a.place == b.place }

// uselessSides collects sides of or whose samples cannot have the label, although those of the other side can and the result needs it.
func uselessSides(expr parser.Expr, s sample, place string, found *[]alternative) {
	switch e := expr.(type) {
	case *parser.ParenExpr:
		uselessSides(e.Expr, s, place, found)
	case *parser.UnaryExpr:
		uselessSides(e.Expr, s, place, found)
	case *parser.SubqueryExpr:
		uselessSides(e.Expr, s, place, found)
	case *parser.StepInvariantExpr:
		uselessSides(e.Expr, s, place, found)
	case *parser.AggregateExpr:
		uselessSides(e.Expr, s, place+"a", found)
	case *parser.Call:
		if slices.Contains([]string{"label_replace", "label_join"}, e.Func.Name) && writes(e, s.label) {
			return
		}
		for _, arg := range e.Args {
			if t := arg.Type(); (t == parser.ValueTypeVector || t == parser.ValueTypeMatrix) && labelsOf(arg).can(s.label) {
				uselessSides(arg, s, place+"c", found)
			}
		}
	case *parser.BinaryExpr:
		uselessOperands(e, s, place, found)
	}
}

func uselessOperands(e *parser.BinaryExpr, s sample, place string, found *[]alternative) {
	left, right := labelsOf(e.LHS).can(s.label), labelsOf(e.RHS).can(s.label)
	m := e.VectorMatching
	if m != nil && e.Op == parser.LOR && left != right {
		if left {
			*found = append(*found, alternative{sample: s, side: e.RHS, place: place + "r"})
		} else {
			*found = append(*found, alternative{sample: s, side: e.LHS, place: place + "l"})
		}
	}
	switch {
	case m == nil || e.Op == parser.LOR: // one side is a number, which has no alternatives
	case e.Op == parser.LAND || e.Op == parser.LUNLESS:
		right = false
	case m.On == slices.Contains(m.MatchingLabels, s.label): // compared on both sides
	case m.Card == parser.CardOneToMany:
		left = false
	default:
		right = false
	}
	if left {
		uselessSides(e.LHS, s, place+"l", found)
	}
	if right {
		uselessSides(e.RHS, s, place+"r", found)
	}
}

// writes reports whether a call of label_replace or label_join makes the label.
func writes(e *parser.Call, label string) bool {
	text, ok := e.Args[1].(*parser.StringLiteral)
	return !ok || text.Val == label
}

func usesAbsent(expr parser.Expr) bool {
	found := false
	parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
		call, ok := node.(*parser.Call)
		found = found || ok && slices.Contains([]string{"absent", "absent_over_time"}, call.Func.Name)
		return nil
	})
	return found
}
