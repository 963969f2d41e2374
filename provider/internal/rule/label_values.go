// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"slices"
	"text/template"
	"text/template/parse"
)

const labelValuesField = "LabelValuesByName"

// absentLabelValues warns about values that the adapter does not have: .LabelValuesByName holds those of namespace, of the requested
// resource, and of the labels that an autoscaler selects. Values that the template tests before it uses them are not reported, nor
// are external metrics, whose labels are all selected.
func (v *validator) absentLabelValues() {
	if v.kind == KindExternal || !v.sound(FieldResources) {
		return
	}
	tmpl, err := template.New("").Delims("<<", ">>").Parse(v.rule.MetricsQuery)
	if err != nil || tmpl.Tree == nil {
		return
	}
	uses := labelUses{asked: map[string]bool{}}
	uses.list(tmpl.Root)
	for _, use := range uses.found {
		_, mapped := v.rule.Resources.Overrides[use.label]
		if v.rule.Resources.Template != "" {
			_, made := v.templateResource(use.label)
			mapped = mapped || made
		}
		if mapped || uses.asked[use.label] {
			continue
		}
		v.found.warn(FieldMetricsQuery, nil, "No value for the label",
			"metrics_query %q takes the value of the label %q, which resources does not map, so the adapter puts %q in its place unless the metric.selector of an autoscaler names the label; "+
				"map the label in resources.overrides, or leave the matcher out: <<.LabelMatchers>> has all of them.",
			v.rule.MetricsQuery, use.label, use.gives)
		return
	}
}

// labelUses collects the label values that a template puts into the query.
type labelUses struct {
	found []labelUse
	asked map[string]bool // labels that a condition tests, or that have a default
}

type labelUse struct{ label, gives string }

func (u *labelUses) list(list *parse.ListNode) {
	if list == nil {
		return
	}
	for _, node := range list.Nodes {
		switch n := node.(type) {
		case *parse.ActionNode:
			u.pipe(n.Pipe, false)
		case *parse.IfNode:
			u.branch(&n.BranchNode)
		case *parse.WithNode:
			u.branch(&n.BranchNode)
		case *parse.RangeNode:
			u.branch(&n.BranchNode)
		}
	}
}

func (u *labelUses) branch(b *parse.BranchNode) {
	u.pipe(b.Pipe, true)
	u.list(b.List)
	u.list(b.ElseList)
}

func (u *labelUses) pipe(pipe *parse.PipeNode, asked bool) {
	if pipe == nil {
		return
	}
	asked = asked || len(pipe.Decl) > 0
	for _, cmd := range pipe.Cmds {
		name, _ := cmd.Args[0].(*parse.IdentifierNode)
		inner := asked || name != nil && slices.Contains([]string{"or", "and", "eq", "ne", "not", "len"}, name.Ident)
		if name != nil && name.Ident == "index" && len(cmd.Args) == 3 {
			label, constant := cmd.Args[2].(*parse.StringNode)
			if path := identifiers(cmd.Args[1]); constant && len(path) == 1 && path[0] == labelValuesField {
				u.add(label.Text, "", inner)
			}
		}
		for _, arg := range cmd.Args {
			if sub, ok := arg.(*parse.PipeNode); ok {
				u.pipe(sub, inner)
			}
			if path := identifiers(arg); len(path) == 2 && path[0] == labelValuesField {
				u.add(path[1], "<no value>", inner)
			}
		}
	}
}

func (u *labelUses) add(label, gives string, asked bool) {
	if asked {
		u.asked[label] = true
		return
	}
	u.found = append(u.found, labelUse{label: label, gives: gives})
}

// identifiers returns the names of a field such as .A.B or $.A.B.
func identifiers(node parse.Node) []string {
	switch n := node.(type) {
	case *parse.FieldNode:
		return n.Ident
	case *parse.VariableNode:
		if n.Ident[0] == "$" {
			return n.Ident[1:]
		}
	}
	return nil
}
