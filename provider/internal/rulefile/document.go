// SPDX-License-Identifier: Apache-2.0

package rulefile

import (
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/rule"
)

// document is a text that is parsed well enough to be edited. Line numbers count from 0.
type document struct {
	text     string
	mark     string     // the byte order mark before the lines, if there is one
	lines    []string   // of the document
	rest     string     // after the document, which the adapter does not read
	root     *yaml.Node // a mapping; nil when the document has no content
	sections map[rule.Kind]section
	regions  map[string]region // our rules, by name
	loading  *loading          // the result of the adapter's loader, once it has run
}

// section is a list of rules with its key.
type section struct {
	key, value *yaml.Node // the value is never an alias
	alias      *yaml.Node // in place of the value, if there is one
	items      []item
}

// item is one rule in a list, ours or not.
type item struct {
	node *yaml.Node
	dash int // line of the dash
	last int // line on which its last part begins
}

var kinds = []rule.Kind{rule.KindCustom, rule.KindExternal}

func parse(text string) (*document, error) {
	doc := &document{text: text, sections: map[rule.Kind]section{}}
	if body, ok := strings.CutPrefix(text, byteOrderMark); ok {
		doc.mark, text = byteOrderMark, body
	}
	doc.lines, doc.rest = splitDocuments(text)
	if err := checkRest(doc.rest, len(doc.lines)+1); err != nil {
		return nil, err
	}
	root, err := decode(doc.lines)
	if err != nil {
		return nil, err
	}
	doc.root = root
	if err := doc.findSections(); err != nil {
		return nil, err
	}
	if err := doc.findRegions(); err != nil {
		return nil, err
	}
	return doc, nil
}

// decode returns the root mapping of a YAML document, or nil when there is nothing in it.
func decode(lines []string) (*yaml.Node, error) {
	var document yaml.Node
	if err := yaml.Unmarshal([]byte(joinLines(lines)), &document); err != nil {
		return nil, fmt.Errorf("%w: not valid YAML: %w", ErrShape, explainSyntax(lines, err))
	}
	if len(document.Content) == 0 {
		return nil, nil
	}
	root := document.Content[0]
	switch {
	case root.Kind == yaml.MappingNode:
		return root, nil
	case isNull(root) && root.Value == "":
		return nil, nil
	default:
		return nil, fmt.Errorf("%w: line %d: the root is %s, but must be a mapping with keys such as rules", ErrShape, root.Line, describe(root))
	}
}

// findSections looks up the lists of rules and refuses what the adapter would not accept as such.
func (d *document) findSections() error {
	if d.root == nil {
		return nil
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(d.root.Content); i += 2 {
		key, value := d.root.Content[i], d.root.Content[i+1]
		if seen[key.Value] {
			return fmt.Errorf("%w: line %d: the key %q appears twice; merge the two", ErrShape, key.Line, key.Value)
		}
		seen[key.Value] = true
		for _, kind := range kinds {
			if key.Value != kind.Section() {
				continue
			}
			sec := section{key: key, value: value}
			if value.Kind == yaml.AliasNode {
				sec.alias, sec.value = value, value.Alias
			}
			if sec.value.Kind != yaml.SequenceNode && !isNull(sec.value) {
				return fmt.Errorf("%w: line %d: %s is %s, but must be a list", ErrShape, value.Line, key.Value, describe(value))
			}
			sec.items = d.items(sec.value)
			d.sections[kind] = sec
		}
	}
	return nil
}

// items finds the line on which each item of a block list begins; the parser tells only where its content does.
func (d *document) items(list *yaml.Node) []item {
	var items []item
	for i, node := range list.Content {
		dash := list.Line - 1
		if i > 0 {
			dash = node.Line - 1
			for dash > items[i-1].dash+1 && !d.hasDash(dash, list.Column) {
				dash--
			}
		}
		items = append(items, item{node: node, dash: dash})
	}
	return items
}

func (d *document) hasDash(line, column int) bool {
	text := d.lines[line]
	offset := byteOffset(text, column)
	return strings.HasPrefix(text[offset:], "-") && strings.TrimSpace(text[:offset]) == ""
}

// keyAfter returns the line of the first key of the root after a given one, or the number of lines.
func (d *document) keyAfter(key *yaml.Node) int {
	for i := 0; i+1 < len(d.root.Content); i += 2 {
		if next := d.root.Content[i]; next.Line > key.Line {
			return next.Line - 1
		}
	}
	return len(d.lines)
}

func isNull(node *yaml.Node) bool {
	return node.Kind == yaml.ScalarNode && node.ShortTag() == "!!null"
}

func isFlow(node *yaml.Node) bool { return node.Style&yaml.FlowStyle != 0 }

func describe(node *yaml.Node) string {
	switch node.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return fmt.Sprintf("an alias (*%s)", node.Value)
	default:
		return fmt.Sprintf("the value %q", node.Value)
	}
}

// sameNodes reports whether two trees hold the same content, wherever they are and however they are written.
func sameNodes(a, b *yaml.Node) bool {
	if a == nil || b == nil {
		return a == b
	}
	if a.Kind != b.Kind || a.ShortTag() != b.ShortTag() || a.Value != b.Value || a.Anchor != b.Anchor || len(a.Content) != len(b.Content) {
		return false
	}
	for i := range a.Content {
		if !sameNodes(a.Content[i], b.Content[i]) {
			return false
		}
	}
	return true
}

// walk calls visit for a node and everything below it.
func walk(node *yaml.Node, visit func(*yaml.Node)) {
	if node == nil {
		return
	}
	visit(node)
	for _, child := range node.Content {
		walk(child, visit)
	}
}
