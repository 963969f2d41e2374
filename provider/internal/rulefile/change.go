// SPDX-License-Identifier: Apache-2.0

package rulefile

import (
	"errors"
	"fmt"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/rule"
)

// Op is what a change does.
type Op int

// The changes of a text.
const (
	Put    Op = iota // add the rule, or replace the one of that name in place; an equal rule keeps its text
	Create           // add the rule, which fails with ErrExists when there is one of that name
	Delete           // remove the rule, if it exists; removing the last one of a list restores what was there before the list
)

// Change is a change of one rule. Apply is the only way to edit a text.
type Change struct {
	Op    Op
	Entry           // of a deletion, only the name
	Adopt *Adoption // give the name to a rule without markers first; nil if there is none
}

// Adoption is what is known of a rule without markers: see File.Locate. If it is not found, or if a rule of the name already exists,
// nothing is adopted.
type Adoption struct {
	Place Selector
	Was   rule.Rule
}

// Result is the result of a change.
type Result struct {
	Changed bool  // the text is not the same as before
	Err     error // why the change was not made; the text then has no part of it
}

// Apply makes changes one after another, independently of each other, and returns a result for each of them. It uses one pass if it
// can. A change fails with ErrExists, ErrShape, ErrMarkers or ErrRefused.
func Apply(text string, changes []Change) (string, []Result) {
	if after, results, ok := onePass(text, changes); ok {
		return after, results
	}
	results := make([]Result, len(changes))
	for i, c := range changes {
		after, err := c.apply(text)
		results[i] = Result{Changed: err == nil && after != text, Err: err}
		if err == nil {
			text = after
		}
	}
	return text, results
}

// apply makes the change alone.
func (c Change) apply(text string) (string, error) {
	if c.Adopt != nil {
		var err error
		if text, err = c.adopt(text); err != nil {
			return "", err
		}
	}
	if c.Op == Delete {
		return c.remove(text)
	}
	return c.put(text)
}

// adopt puts markers around the rule, if it has none yet.
func (c Change) adopt(text string) (string, error) {
	f, err := Parse(text)
	if err != nil {
		return "", err
	}
	if _, err := f.Get(c.Name); err == nil {
		return text, nil
	}
	found, err := f.Locate(c.Adopt.Place, c.Adopt.Was)
	if err != nil {
		return text, nil // it is gone: there is nothing to adopt
	}
	return f.adopt(c.Name, found.Selector())
}

func (c Change) put(text string) (string, error) {
	if err := CheckName(c.Name); err != nil {
		return "", err
	}
	d, err := parse(text)
	if err != nil {
		return "", err
	}
	if err := d.refused(); err != nil {
		return "", err
	}
	block, err := rule.Marshal(c.Rule)
	if err != nil {
		return "", err
	}
	reg, ok := d.regions[c.Name]
	switch {
	case ok && reg.item == nil: // only the markers are left: start over
		without, err := c.remove(text)
		if err != nil {
			return "", err
		}
		return c.put(without)
	case ok && (c.Op == Create || reg.kind != c.Kind):
		return "", fmt.Errorf("%w: %q is under %s at line %d", ErrExists, c.Name, reg.kind.Section(), reg.begin+1)
	case ok:
		if found, err := d.readRegion(reg); err == nil && found.Equal(c.Rule) {
			return text, nil
		}
		if err := d.editable(reg); err != nil {
			return "", err
		}
		return d.firstGood(c, []string{d.replace(reg, c.Name, block)})
	}
	candidates, err := d.insertions(c.Kind, c.Name, block)
	if err != nil {
		return "", err
	}
	return d.firstGood(c, candidates)
}

func (c Change) remove(text string) (string, error) {
	d, err := parse(text)
	if err != nil {
		return "", err
	}
	reg, ok := d.regions[c.Name]
	if !ok {
		return text, nil
	}
	if err := d.refused(); err != nil {
		return "", err
	}
	if err := d.editable(reg); err != nil {
		return "", err
	}
	return d.firstGood(Change{Op: Delete, Entry: Entry{Name: c.Name, Kind: reg.kind}}, d.removals(reg))
}

// firstGood returns the first candidate that does what it should and nothing else.
func (d *document) firstGood(c Change, candidates []string) (string, error) {
	var errs []error
	for _, text := range candidates {
		err := d.verify(map[string]Change{c.Name: c}, text)
		if err == nil {
			return text, nil
		}
		errs = append(errs, err)
	}
	return "", fmt.Errorf("%w: no way to edit rule %q leaves the rest as it is; write %s as a plain list, one rule after the other: %v",
		ErrShape, c.Name, c.Kind.Section(), errors.Join(errs...))
}

// onePass makes several changes for the cost of one: parsing and verifying a text takes by far the most time, and grows with the text.
// It is not ok if anything about the changes is unusual, for example if one of them fails or if two are about the same rule.
func onePass(text string, changes []Change) (after string, results []Result, ok bool) {
	if len(changes) < 2 {
		return "", nil, false
	}
	d, err := parse(text)
	if err != nil || d.refused() != nil {
		return "", nil, false
	}
	var splices []splice
	added := map[rule.Kind]string{}
	removed := map[rule.Kind]int{}
	judged := make(map[string]Change, len(changes))
	changed := false
	for _, c := range changes {
		reg, exists := d.regions[c.Name]
		_, twice := judged[c.Name]
		if twice || c.Adopt != nil || CheckName(c.Name) != nil || exists && (reg.item == nil || d.editable(reg) != nil) {
			return "", nil, false
		}
		if c.Op == Delete {
			if !exists {
				return "", nil, false
			}
			c.Kind = reg.kind
			splices = append(splices, splice{reg.begin, reg.end + 1, ""})
			removed[reg.kind]++
			judged[c.Name], results, changed = c, append(results, Result{Changed: true}), true
			continue
		}
		sec := d.sections[c.Kind]
		block, err := rule.Marshal(c.Rule)
		if err != nil || len(sec.items) == 0 || isFlow(sec.value) || exists && (c.Op == Create || reg.kind != c.Kind) || !exists && d.checkAlias(c.Kind) != nil {
			return "", nil, false
		}
		written := d.write(c.Name, block, sec.value.Column-1)
		result := Result{Changed: true}
		if !exists {
			added[c.Kind] += written
		} else if found, err := d.readRegion(reg); err != nil || !found.Equal(c.Rule) {
			splices = append(splices, splice{reg.begin, reg.end + 1, written})
		} else {
			result.Changed = false
		}
		judged[c.Name], results, changed = c, append(results, result), changed || result.Changed
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
	if changed && d.verify(judged, after) != nil {
		return "", nil, false
	}
	return after, results, true
}
