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

// The functions in this file write texts. Most return candidates: complete texts in order of preference, of which firstGood uses the
// first that passes its checks. A parser does not tell exactly where a list ends, for example, and trying is safer than guessing.

func flowError(sec section) error {
	return fmt.Errorf("%w: line %d: %s is written in square brackets; write each rule on lines of its own, beginning with a dash",
		ErrShape, sec.value.Line, sec.key.Value)
}

// replace writes a rule in the place of the one between the markers.
func (d *document) replace(reg region, name, block string) string {
	indent := d.sections[reg.kind].value.Column - 1
	return d.join(reg.begin, reg.end+1, d.write(name, block, indent))
}

// insertions writes a rule at the end of its list, and makes the list when there is none.
func (d *document) insertions(kind rule.Kind, name, block string) ([]string, error) {
	if err := d.checkAlias(kind); err != nil {
		return nil, err
	}
	sec, ok := d.sections[kind]
	switch {
	case d.root == nil:
		return []string{d.join(len(d.lines), len(d.lines), d.newSection(kind, name, block, 0))}, nil
	case isFlow(d.root):
		indent := d.root.Column - 1
		if strings.TrimSpace(d.lines[d.root.Line-1][:byteOffset(d.lines[d.root.Line-1], d.root.Column)]) != "" {
			indent = 0 // after ---
		}
		if text, ok := d.intoEmpty(kind, name, block, d.root.Line-1, d.root.Line, indent); ok {
			return []string{text}, nil
		}
		return nil, fmt.Errorf("%w: line %d: the root is written in braces; write each key on a line of its own", ErrShape, d.root.Line)
	case !ok:
		first := d.root.Content[0]
		text := d.newSection(kind, name, block, first.Column-1)
		return []string{ // before the other keys if the way the text ends does not allow to add after them
			d.join(len(d.lines), len(d.lines), text),
			d.join(first.Line-1, first.Line-1, text),
		}, nil
	case len(sec.items) > 0 && !isFlow(sec.value):
		return d.intoList(sec, name, block), nil
	case len(sec.items) > 0:
		return nil, flowError(sec)
	}
	last := sec.key.Line
	if !isNull(sec.value) || sec.value.Value != "" {
		last = sec.value.Line
	}
	text, ok := d.intoEmpty(kind, name, block, sec.key.Line-1, last, sec.key.Column-1)
	if !ok {
		return nil, flowError(sec)
	}
	return []string{text}, nil
}

// newSection returns a key with a list that did not exist.
func (d *document) newSection(kind rule.Kind, name, block string, indent int) string {
	br, space := lineBreak(d.lines), strings.Repeat(" ", indent)
	return space + kind.Section() + ":" + br + originOf("", "", space, br) + d.write(name, block, indent)
}

var (
	emptyMapping  = regexp.MustCompile(`^\{[ \t]*\}`)
	emptyBrackets = regexp.MustCompile(`^\[[ \t]*\]`)
)

// intoEmpty begins a list in place of lines that hold an empty one.
func (d *document) intoEmpty(kind rule.Kind, name, block string, from, to, indent int) (text string, ok bool) {
	br := lineBreak(d.lines)
	was := joinLines(d.lines[from:to])
	if !hasBreak(was) {
		was += br
	}
	now, ok := beginList(kind, was, br)
	if !ok {
		return "", false
	}
	return d.join(from, to, now+originOf(was, now, strings.Repeat(" ", indent), br)+d.write(name, block, indent)), true
}

// intoList adds to a list: after its last item, after the comments and blank lines that follow it, or before the first item.
func (d *document) intoList(sec section, name, block string) []string {
	text := d.write(name, block, sec.value.Column-1)
	limit := d.keyAfter(sec.key)
	first, last := d.bounds(sec)
	return []string{d.join(last, last, text), d.join(limit, limit, text), d.join(first, first, text)}
}

// bounds returns the line of the first item of a list and the line after the last one, including their markers.
func (d *document) bounds(sec section) (first, last int) {
	limit := d.keyAfter(sec.key)
	first, last = sec.items[0].dash, sec.items[len(sec.items)-1].dash+1
	for last < limit && slices.ContainsFunc(d.lines[last:limit], func(line string) bool { return !isFiller(line) }) {
		last++
	}
	for _, reg := range d.regions {
		if reg.item != nil && reg.item.dash == sec.items[len(sec.items)-1].dash {
			last = reg.end + 1
		}
		if reg.item != nil && reg.item.dash == first {
			first = reg.begin
		}
	}
	return first, last
}

// removals removes a rule and its markers. With the last rule its list is removed as well, and what was there before is restored, or
// [] if that is not known.
func (d *document) removals(reg region) []string {
	sec := d.sections[reg.kind]
	rule := splice{reg.begin, reg.end + 1, ""}
	ways := [][]splice{{rule}}
	if reg.item != nil && len(sec.items) == 1 {
		if empty := emptyList(d.lines[sec.key.Line-1]); empty != "" {
			ways = slices.Insert(ways, 0, []splice{{sec.key.Line - 1, sec.key.Line, empty}, rule})
		}
		if was, from, to, ok := d.original(sec, reg.kind); ok && to <= reg.begin {
			back := []splice{{from, to, was}, rule}
			ways = slices.Insert(ways, 0, back)
			for _, kind := range kinds {
				if other, ok := d.sections[kind]; ok && len(other.items) == 0 {
					if was, from, to, ok := d.original(other, kind); ok {
						ways = slices.Insert(ways, 0, append(slices.Clone(back), splice{from, to, was}))
					}
				}
			}
		}
	}
	var candidates []string
	for _, way := range ways {
		text := d.splice(way)
		candidates = append(candidates, text)
		if n := len(d.lines); !hasBreak(d.lines[n-1]) {
			candidates = append(candidates, text+lineBreak(d.lines)) // with a final line break, if what is now last would change without one
		}
	}
	return candidates
}

// keyToken returns the offset after the colon of a key, or -1.
func keyToken(key *yaml.Node, line string) int {
	start := byteOffset(line, key.Column)
	end := start + len(key.Value)
	if key.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 {
		end += 2
	}
	if end > len(line) {
		return -1
	}
	colon := strings.IndexByte(line[end:], ':')
	if colon < 0 {
		return -1
	}
	return end + colon + 1
}

// splice replaces lines [from, to) by a text.
type splice struct {
	from, to int
	text     string
}

// splice returns the text with all splices applied, which must not overlap.
func (d *document) splice(splices []splice) string {
	slices.SortStableFunc(splices, func(a, b splice) int { return a.from - b.from })
	var lines []string
	at := 0
	for _, s := range splices {
		lines = append(lines, d.lines[at:s.from]...)
		if n := len(lines); n > 0 && s.text != "" && !hasBreak(lines[n-1]) {
			lines[n-1] += lineBreak(d.lines)
		}
		if s.text != "" {
			lines = append(lines, s.text)
		}
		at = s.to
	}
	return d.assemble(append(lines, d.lines[at:]...))
}

// join returns the text with lines [from, to) replaced.
func (d *document) join(from, to int, text string) string {
	return d.splice([]splice{{from, to, text}})
}

// assemble returns the text with other lines. The last one ends in a line break only if it did before.
func (d *document) assemble(lines []string) string {
	text := joinLines(lines)
	if n := len(d.lines); n > 0 && !hasBreak(d.lines[n-1]) {
		text = trimBreak(text)
	}
	return d.mark + text + d.rest
}

func joinLines(lines []string) string { return strings.Join(lines, "") }
