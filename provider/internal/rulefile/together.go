// SPDX-License-Identifier: Apache-2.0

package rulefile

import (
	"slices"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/rule"
)

// Change is one edit of a text: a deletion, or a rule that is put there.
type Change struct {
	Name string
	Put  *Entry // nil to delete
	New  bool   // with Put: the rule must not exist
}

// Apply makes the change alone. It is Create, Put or Delete.
func (c Change) Apply(text string) (string, error) {
	switch {
	case c.Put == nil:
		return Delete(text, c.Name)
	case c.New:
		return Create(text, *c.Put)
	default:
		return Put(text, *c.Put)
	}
}

// Together makes several changes at once, with the result that they have one after the other, for the cost of one: reading and
// judging a text takes by far the most time, and grows with the text. It is not ok when anything about the changes is out of the
// ordinary, that one of them fails for example, or that two are about one rule; then they have to be made one by one. Otherwise
// changed has the names of the rules for which the text is not the same as before.
func Together(text string, changes []Change) (after string, changed map[string]bool, ok bool) {
	d, err := parse(text)
	if err != nil || d.refused() != nil {
		return "", nil, false
	}
	changed = map[string]bool{}
	var splices []splice
	added := map[rule.Kind]string{}
	removed := map[rule.Kind]int{}
	judged := make(map[string]change, len(changes))
	for _, c := range changes {
		if _, twice := judged[c.Name]; twice || c.Put != nil && c.Put.Name != c.Name || CheckName(c.Name) != nil {
			return "", nil, false
		}
		reg, exists := d.regions[c.Name]
		if exists && reg.item == nil || c.Put == nil && !exists || c.Put != nil && exists && (c.New || reg.kind != c.Put.Kind) {
			return "", nil, false
		}
		if exists && d.editable(reg) != nil || !exists && d.checkAlias(c.Put.Kind) != nil {
			return "", nil, false
		}
		if c.Put == nil {
			judged[c.Name] = change{name: c.Name, kind: reg.kind}
			splices = append(splices, splice{reg.begin, reg.end + 1, ""})
			changed[c.Name] = true
			removed[reg.kind]++
			continue
		}
		sec := d.sections[c.Put.Kind]
		block, err := rule.Marshal(c.Put.Rule)
		if err != nil || len(sec.items) == 0 || isFlow(sec.value) {
			return "", nil, false
		}
		judged[c.Name] = change{name: c.Name, kind: c.Put.Kind, put: &c.Put.Rule}
		written := d.write(c.Name, block, sec.value.Column-1)
		if !exists {
			added[c.Put.Kind] += written
			changed[c.Name] = true
		} else if found, err := d.readRegion(reg); err != nil || !found.Equal(c.Put.Rule) {
			splices = append(splices, splice{reg.begin, reg.end + 1, written})
			changed[c.Name] = true
		}
	}
	for kind, n := range removed {
		if n == len(d.sections[kind].items) {
			return "", nil, false // what becomes of an empty list is decided elsewhere
		}
	}
	for kind, text := range added {
		_, last := d.bounds(d.sections[kind])
		splices = append(splices, splice{last, last, text})
	}
	after = d.splice(splices)
	if len(changed) > 0 && d.verify(judged, after) != nil {
		return "", nil, false
	}
	return after, changed, true
}

// splice puts a text in the place of lines [from, to).
type splice struct {
	from, to int
	text     string
}

// splice returns the text with all of the splices made, which must not overlap.
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
