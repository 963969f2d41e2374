// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"slices"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// uselessAlternatives warns of a side of or that never gives a value to an object, mostly a default such as vector(0): its samples
// lack the label by which the adapter finds the object.
func (v *validator) uselessAlternatives(samples []sample) {
	if !v.sound(FieldResources) {
		return
	}
	var useless parser.Expr
	var asked sample
	for _, s := range samples {
		several := s.resource == schema.GroupResource{Resource: "pods"} // which an autoscaler asks for together
		if s.label == "" || (s.names > 1) != several {
			continue
		}
		side := uselessSide(s.expr, s.label)
		switch {
		case side != nil:
			if useless == nil || s.resource.Resource != "namespaces" {
				useless, asked = side, s
			}
		case s.resource.Resource == "namespaces" && usesAbsent(s.expr): // which makes up the label of a single object
		default:
			return // both sides are of use for this resource
		}
	}
	if useless == nil {
		return
	}
	v.found.warn(FieldMetricsQuery, nil, "Alternative without the object's label",
		"metrics_query %q becomes %q for %s, where one side of or is %s: its samples do not have the label %q by which the adapter finds the object, so no object ever gets a value from it. "+
			"A counter that is exposed at 0 from the start needs no default; else take one that has the label, for example or 0 * max(up{<<.LabelMatchers>>}) by (<<.GroupBy>>).",
		v.rule.MetricsQuery, asked.text, asked.resource, useless, asked.label)
}

// uselessSide returns a side of or whose samples cannot have the label although those of the other can, and the result needs it.
func uselessSide(expr parser.Expr, label string) parser.Expr {
	switch e := expr.(type) {
	case *parser.ParenExpr:
		return uselessSide(e.Expr, label)
	case *parser.UnaryExpr:
		return uselessSide(e.Expr, label)
	case *parser.SubqueryExpr:
		return uselessSide(e.Expr, label)
	case *parser.StepInvariantExpr:
		return uselessSide(e.Expr, label)
	case *parser.AggregateExpr:
		return uselessSide(e.Expr, label)
	case *parser.Call:
		if slices.Contains([]string{"label_replace", "label_join"}, e.Func.Name) && writes(e, label) {
			return nil
		}
		for _, arg := range e.Args {
			if t := arg.Type(); (t == parser.ValueTypeVector || t == parser.ValueTypeMatrix) && labelsOf(arg).can(label) {
				return uselessSide(arg, label)
			}
		}
	case *parser.BinaryExpr:
		return uselessOperand(e, label)
	}
	return nil
}

func uselessOperand(e *parser.BinaryExpr, label string) parser.Expr {
	left, right := labelsOf(e.LHS).can(label), labelsOf(e.RHS).can(label)
	m := e.VectorMatching
	switch {
	case m != nil && e.Op == parser.LOR && left && !right:
		return e.RHS
	case m != nil && e.Op == parser.LOR && right && !left:
		return e.LHS
	}
	operands := []parser.Expr{e.LHS, e.RHS}
	switch {
	case m == nil || e.Op == parser.LOR: // one side is a number, which has no alternatives
	case e.Op == parser.LAND || e.Op == parser.LUNLESS:
		operands = operands[:1]
	case m.On == slices.Contains(m.MatchingLabels, label) && label != model.MetricNameLabel: // compared on both sides
	case m.Card == parser.CardOneToMany:
		operands = operands[1:]
	default:
		operands = operands[:1]
	}
	for _, operand := range operands {
		if labelsOf(operand).can(label) {
			if side := uselessSide(operand, label); side != nil {
				return side
			}
		}
	}
	return nil
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
