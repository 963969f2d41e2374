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

// The functions in this file return candidates: whole texts in order of preference, the first of which that stands the checks
// of firstGood is used. Where exactly a list ends, for example, a parser does not tell, and trying is surer than guessing.

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
	sec, ok := d.sections[kind]
	switch {
	case d.root == nil:
		return []string{d.join(len(d.lines), len(d.lines), d.newSection(kind, name, block, 0))}, nil
	case !ok || isFlow(d.root):
		return d.intoRoot(kind, name, block)
	case isNull(sec.value):
		return []string{d.intoNull(sec, name, block)}, nil
	case !isFlow(sec.value):
		return d.intoList(sec, name, block), nil
	case len(sec.value.Content) == 0:
		return d.intoBrackets(sec, name, block)
	default:
		return nil, flowError(sec)
	}
}

func (d *document) newSection(kind rule.Kind, name, block string, indent int) string {
	return strings.Repeat(" ", indent) + kind.Section() + ":" + lineBreak(d.lines) + d.write(name, block, indent)
}

// intoRoot adds the key with its list: behind the other keys, or in front of them if the text ends in a way that forbids this.
func (d *document) intoRoot(kind rule.Kind, name, block string) ([]string, error) {
	if isFlow(d.root) {
		line := d.root.Line - 1
		rest := d.lines[line][byteOffset(d.lines[line], d.root.Column):]
		if brackets := emptyMapping.FindString(rest); brackets != "" {
			d := d.cut(line, d.root.Column, len(brackets))
			return []string{d.join(len(d.lines), len(d.lines), d.newSection(kind, name, block, 0))}, nil
		}
		return nil, fmt.Errorf("%w: line %d: the root is written in braces; write each key on a line of its own", ErrShape, d.root.Line)
	}
	first := d.root.Content[0]
	text := d.newSection(kind, name, block, first.Column-1)
	return []string{
		d.join(len(d.lines), len(d.lines), text),
		d.join(first.Line-1, first.Line-1, text),
	}, nil
}

var (
	emptyMapping  = regexp.MustCompile(`^\{[ \t]*\}`)
	emptyBrackets = regexp.MustCompile(`^\[[ \t]*\]`)
)

// intoNull begins a list under a key without a value, or with the word null for one.
func (d *document) intoNull(sec section, name, block string) string {
	text := d.write(name, block, sec.key.Column-1)
	if sec.value.Value == "" {
		return d.join(sec.key.Line, sec.key.Line, text)
	}
	d = d.cut(sec.value.Line-1, sec.value.Column, len(sec.value.Value))
	return d.join(sec.value.Line, sec.value.Line, text)
}

// intoBrackets begins a list in the place of [].
func (d *document) intoBrackets(sec section, name, block string) ([]string, error) {
	line := d.lines[sec.value.Line-1]
	brackets := emptyBrackets.FindString(line[byteOffset(line, sec.value.Column):])
	if brackets == "" {
		return nil, flowError(sec)
	}
	text := d.write(name, block, sec.key.Column-1)
	d = d.cut(sec.value.Line-1, sec.value.Column, len(brackets))
	return []string{d.join(sec.value.Line, sec.value.Line, text)}, nil
}

// intoList adds to a list: behind its last item, behind the comments and blank lines that follow this, or before the first item.
func (d *document) intoList(sec section, name, block string) []string {
	text := d.write(name, block, sec.value.Column-1)
	limit := d.keyAfter(sec.key)
	first, last := d.bounds(sec)
	return []string{d.join(last, last, text), d.join(limit, limit, text), d.join(first, first, text)}
}

// bounds returns the lines in front of the first item of a list, and behind the last one, with their markers.
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

// removals takes a rule and its markers out, and leaves [] where it was the last one of its list.
func (d *document) removals(reg region) []string {
	without := d.join(reg.begin, reg.end+1, "")
	sec := d.sections[reg.kind]
	if reg.item == nil || len(sec.items) > 1 {
		return []string{without}
	}
	key := d.lines[sec.key.Line-1]
	after := keyToken(sec.key, key)
	if after < 0 {
		return []string{without}
	}
	lines := slices.Clone(d.lines)
	lines[sec.key.Line-1] = key[:after] + " []" + key[after:]
	return []string{joinLines(slices.Delete(lines, reg.begin, reg.end+1)), without}
}

// keyToken returns the offset behind the colon of a key, or -1.
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

// cut returns the document's lines with a few bytes of one of them taken out, and spaces that would trail as well.
func (d *document) cut(line, column, length int) *document {
	text := d.lines[line]
	offset := byteOffset(text, column)
	before, after := text[:offset], text[offset+length:]
	if strings.TrimSpace(after) == "" {
		before = strings.TrimRight(before, " \t")
	}
	lines := slices.Clone(d.lines)
	lines[line] = before + after
	return &document{lines: lines}
}

// join returns the text with lines [from, to) replaced.
func (d *document) join(from, to int, text string) string {
	lines := slices.Clone(d.lines[:from])
	if n := len(lines); n > 0 && text != "" && !hasBreak(lines[n-1]) {
		lines[n-1] += lineBreak(d.lines)
	}
	return joinLines(append(append(lines, text), d.lines[to:]...))
}

func joinLines(lines []string) string { return strings.Join(lines, "") }
