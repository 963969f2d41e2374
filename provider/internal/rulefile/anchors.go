// SPDX-License-Identifier: Apache-2.0

package rulefile

import (
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/rule"
)

// editable refuses what must not be rewritten or removed, because others depend on it.
func (d *document) editable(reg region) error {
	if reg.item == nil {
		return nil
	}
	if err := d.checkAlias(reg.kind); err != nil {
		return err
	}
	return d.checkAnchors(*reg.item)
}

// checkAnchors refuses to write a rule with an anchor that is used elsewhere: the other place would change with it, or the text would
// no longer be YAML. An anchor that only the rule itself uses is not an obstacle, nor is an alias in it.
func (d *document) checkAnchors(it item) error {
	inside := map[*yaml.Node]bool{}
	walk(it.node, func(n *yaml.Node) { inside[n] = true })
	var uses []string
	walk(d.root, func(n *yaml.Node) {
		if n.Kind == yaml.AliasNode && !inside[n] && inside[n.Alias] {
			uses = append(uses, fmt.Sprintf("*%s at line %d, in %s, is &%s at line %d", n.Value, n.Line, d.owner(n), n.Value, n.Alias.Line))
		}
	})
	if len(uses) == 0 {
		return nil
	}
	return fmt.Errorf("%w: the rule at line %d has YAML anchors that are used elsewhere (%s); replace the alias by what it stands for", ErrShape, it.dash+1, strings.Join(uses, "; "))
}

// checkAlias refuses to edit a list that is written once and used for both kinds of rules.
func (d *document) checkAlias(kind rule.Kind) error {
	for _, k := range kinds {
		if sec := d.sections[k]; sec.alias != nil && (k == kind || sec.value == d.sections[kind].value) {
			return fmt.Errorf("%w: line %d: %s is an alias (*%s), so that a change to one list would change both; write its rules out",
				ErrShape, sec.alias.Line, sec.key.Value, sec.alias.Value)
		}
	}
	return nil
}

// owner says in which rule, or under which key, a node is.
func (d *document) owner(node *yaml.Node) string {
	owner := "the text"
	for i := 0; i+1 < len(d.root.Content); i += 2 {
		walk(d.root.Content[i+1], func(n *yaml.Node) {
			if n == node {
				owner = d.root.Content[i].Value
			}
		})
	}
	for _, kind := range kinds {
		for _, it := range d.sections[kind].items {
			walk(it.node, func(n *yaml.Node) {
				if n == node {
					owner = fmt.Sprintf("the rule at line %d", it.dash+1)
				}
			})
		}
	}
	return owner
}
