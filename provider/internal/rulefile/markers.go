// SPDX-License-Identifier: Apache-2.0

package rulefile

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/rule"
)

const markerWord = "promadapter_rule"

var markerPattern = regexp.MustCompile(`^[ \t]*#[ \t]*` + markerWord + `[ \t]+(\S+)[ \t]+(begin|end)\s*$`)

// region is a pair of marker comments and the rule between them.
type region struct {
	kind       rule.Kind
	begin, end int   // lines of the two markers
	item       *item // nil when somebody removed the rule and left the markers
}

type marker struct {
	line  int
	name  string
	begin bool
}

const markerRemedy = "put the comments back around the rule, or remove them so that Terraform no longer manages the rule"

// findRegions pairs the marker comments and finds the one rule between each pair.
func (d *document) findRegions() error {
	markers, err := d.markers()
	if err != nil {
		return err
	}
	d.regions = make(map[string]region, len(markers)/2)
	spots := d.spots()
	for i := 0; i < len(markers); i += 2 {
		open := markers[i]
		if !open.begin {
			return fmt.Errorf("%w: line %d ends %q, which did not begin; %s", ErrMarkers, open.line+1, open.name, markerRemedy)
		}
		if i+1 == len(markers) || markers[i+1].begin || markers[i+1].name != open.name {
			return fmt.Errorf("%w: line %d begins %q, which is not ended before the next marker; %s", ErrMarkers, open.line+1, open.name, markerRemedy)
		}
		if other, ok := d.regions[open.name]; ok {
			return fmt.Errorf("%w: %q begins at line %d and again at line %d; remove one", ErrMarkers, open.name, other.begin+1, open.line+1)
		}
		reg := region{begin: open.line, end: markers[i+1].line, kind: rule.KindCustom}
		if err := d.fill(&reg, open.name, spots); err != nil {
			return err
		}
		d.regions[open.name] = reg
	}
	return nil
}

// fill finds the list item between two markers and makes sure that they enclose it and nothing else.
func (d *document) fill(reg *region, name string, spots []spot) error {
	after, _ := slices.BinarySearchFunc(spots, reg.begin+1, spot.compare)
	before, _ := slices.BinarySearchFunc(spots, reg.end, spot.compare)
	for _, s := range spots[after:before] {
		switch {
		case s.item == nil || (s.item.dash <= reg.begin && reg.item == nil):
			return fmt.Errorf("%w: the markers of %q at lines %d and %d cut through line %d; %s", ErrMarkers, name, reg.begin+1, reg.end+1, s.line+1, markerRemedy)
		case reg.item != nil && reg.item.node != s.item.node:
			return fmt.Errorf("%w: there is more than one rule between lines %d and %d (%q); %s", ErrMarkers, reg.begin+1, reg.end+1, name, markerRemedy)
		}
		reg.item, reg.kind = s.item, s.kind
	}
	if reg.item == nil {
		return nil
	}
	if isFlow(d.sections[reg.kind].value) {
		return flowError(d.sections[reg.kind])
	}
	if reg.item.last >= reg.end {
		return fmt.Errorf("%w: the end marker of %q at line %d is inside the rule; %s", ErrMarkers, name, reg.end+1, markerRemedy)
	}
	return nil
}

// spot says what is on a line: part of an item, or something else (no item).
type spot struct {
	line int
	kind rule.Kind
	item *item
}

func (s spot) compare(line int) int { return s.line - line }

// spots returns what is on each line, sorted by line.
func (d *document) spots() []spot {
	var spots []spot
	owned := map[*yaml.Node]bool{d.root: true}
	for _, kind := range kinds {
		sec := d.sections[kind]
		owned[sec.value] = true
		if sec.alias != nil {
			continue // these rules are elsewhere
		}
		for i := range sec.items {
			it := &sec.items[i]
			walk(it.node, func(n *yaml.Node) {
				owned[n] = true
				it.last = max(it.last, n.Line-1)
				spots = append(spots, spot{line: n.Line - 1, kind: kind, item: it})
			})
		}
	}
	walk(d.root, func(n *yaml.Node) {
		if !owned[n] {
			spots = append(spots, spot{line: n.Line - 1})
		}
	})
	slices.SortStableFunc(spots, func(a, b spot) int { return a.line - b.line })
	return spots
}

// markers returns the marker comments in order. A line that only looks like one, inside text that spans lines, does not count.
func (d *document) markers() ([]marker, error) {
	var found []marker
	for i, line := range d.lines {
		if m := markerPattern.FindStringSubmatch(line); m != nil {
			found = append(found, marker{line: i, name: m[1], begin: m[2] == "begin"})
		}
	}
	suspect := false
	walk(d.root, func(n *yaml.Node) { suspect = suspect || strings.Contains(n.Value, markerWord) })
	if !suspect {
		return found, nil
	}

	var comments []marker
	for _, m := range found {
		comment, err := d.isComment(m.line)
		if err != nil {
			return nil, err
		}
		if comment {
			comments = append(comments, m)
		}
	}
	return comments, nil
}

// isComment reports whether a line that looks like a comment is one: the content stays the same when its words change.
func (d *document) isComment(line int) (bool, error) {
	changed := make([]string, len(d.lines))
	copy(changed, d.lines)
	changed[line] = strings.Replace(changed[line], markerWord, "other_words", 1)
	root, err := decode(changed)
	if err != nil {
		return false, err
	}
	return sameNodes(d.root, root), nil
}

// inner returns the lines between the markers.
func (d *document) inner(reg region) string {
	return strings.Join(d.lines[reg.begin+1:reg.end], "")
}

// write returns a rule with its markers, indented, with the line breaks of the text.
func (d *document) write(name, block string, indent int) string {
	lines := []string{"# " + markerWord + " " + name + " begin"}
	lines = append(lines, strings.Split(strings.TrimSuffix(block, "\n"), "\n")...)
	lines = append(lines, "# "+markerWord+" "+name+" end")
	br := lineBreak(d.lines)
	var b strings.Builder
	for _, line := range lines {
		b.WriteString(strings.Repeat(" ", indent) + line + br)
	}
	return b.String()
}
