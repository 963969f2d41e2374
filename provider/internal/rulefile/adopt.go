// SPDX-License-Identifier: Apache-2.0

package rulefile

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/rule"
)

// ErrAmbiguous is returned when several rules match a Selector.
var ErrAmbiguous = errors.New("several rules match")

// Selector describes a rule that has no name: by its metric, or by its place.
type Selector struct {
	Metric string
	Kind   rule.Kind // with Index
	Index  int       // used when Metric is empty
}

const selectorHelp = `use metric:NAME for the rule that makes the metric NAME, index:N for rule N of rules and external_index:N for rule N of externalRules, counted from 0`

// ParseSelector reads metric:NAME, index:N or external_index:N.
func ParseSelector(text string) (Selector, error) {
	word, value, _ := strings.Cut(text, ":")
	kind := rule.KindCustom
	switch word {
	case "metric":
		if value == "" {
			return Selector{}, fmt.Errorf("%q names no metric; %s", text, selectorHelp)
		}
		return Selector{Metric: value}, nil
	case "external_index":
		kind = rule.KindExternal
	case "index":
	default:
		return Selector{}, fmt.Errorf("%q does not describe a rule; %s", text, selectorHelp)
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < 0 {
		return Selector{}, fmt.Errorf("%q needs a number of 0 or more; %s", text, selectorHelp)
	}
	return Selector{Kind: kind, Index: n}, nil
}

func (s Selector) String() string {
	switch {
	case s.Metric != "":
		return "metric:" + s.Metric
	case s.Kind == rule.KindExternal:
		return fmt.Sprintf("external_index:%d", s.Index)
	default:
		return fmt.Sprintf("index:%d", s.Index)
	}
}

// Selector returns how to describe the rule by its place.
func (l Listed) Selector() Selector { return Selector{Kind: l.Kind, Index: l.Index} }

// Find returns the rule that a selector describes. It fails with ErrNotFound, with ErrAmbiguous, with ErrExists when the rule has
// a name already, and with ErrUnreadable.
func (f *File) Find(s Selector) (Listed, error) {
	var found []Listed
	for _, l := range f.listed {
		if l.Kind == KindResource {
			continue
		}
		metric, ok := rule.Metric(l.Rule)
		if s.Metric == "" && l.Selector() == s || s.Metric != "" && l.Err == nil && ok && metric == s.Metric {
			found = append(found, l)
		}
	}
	switch {
	case len(found) == 0:
		return Listed{}, fmt.Errorf("%w: %s; there are %s", ErrNotFound, s, f.overview())
	case len(found) > 1:
		var places []string
		for _, l := range found {
			places = append(places, fmt.Sprintf("%s (line %d)", l.Selector(), l.Line))
		}
		return Listed{}, fmt.Errorf("%w: %s is made by %s; choose one of these", ErrAmbiguous, s, strings.Join(places, " and "))
	case found[0].Ours():
		return found[0], fmt.Errorf("%w: %s is the rule %q at line %d, which is managed already; import it by this name", ErrExists, s, found[0].Name, found[0].Line)
	case found[0].Err != nil:
		return found[0], fmt.Errorf("%w: the rule at line %d: %v", ErrUnreadable, found[0].Line, found[0].Err)
	}
	return found[0], nil
}

// overview says how many rules of each kind there are.
func (f *File) overview() string {
	count := map[rule.Kind]int{}
	for _, l := range f.listed {
		count[l.Kind]++
	}
	return fmt.Sprintf("%d rules under rules and %d under externalRules", count[rule.KindCustom], count[rule.KindExternal])
}

// Locate finds a rule without a name by its earlier place and content, after others may have changed the text: a rule with the same
// content or, failing that, one with the same series query or metric; of several, the nearest. It fails with ErrNotFound.
func (f *File) Locate(place Selector, was rule.Rule) (Listed, error) {
	var same, near []Listed
	metric, hasMetric := rule.Metric(was)
	for _, l := range f.listed {
		if l.Name != "" || l.Kind != place.Kind || l.Err != nil {
			continue
		}
		if l.Rule.Equal(was) {
			same = append(same, l)
		}
		if m, ok := rule.Metric(l.Rule); l.Rule.SeriesQuery == was.SeriesQuery || hasMetric && ok && m == metric {
			near = append(near, l)
		}
	}
	for _, candidates := range [][]Listed{same, near} {
		if len(candidates) > 0 {
			return slices.MinFunc(candidates, func(a, b Listed) int { return distance(a.Index, place.Index) - distance(b.Index, place.Index) }), nil
		}
	}
	return Listed{}, fmt.Errorf("%w: the rule that was at %s", ErrNotFound, place)
}

func distance(a, b int) int { return max(a-b, b-a) }

// CheckAdopt returns why a name cannot be given to the rule at a place, or nil: ErrExists when there is a rule of that name, ErrShape
// when there is no line for the markers, ErrRefused, and what Find fails with.
func (f *File) CheckAdopt(name string, place Selector) error {
	_, err := f.adopt(name, place)
	return err
}

// adopt puts our markers around a rule that has none, and changes nothing else.
func (f *File) adopt(name string, place Selector) (string, error) {
	if err := CheckName(name); err != nil {
		return "", err
	}
	d := f.doc
	if reg, ok := d.regions[name]; ok {
		return "", fmt.Errorf("%w: %q is under %s at line %d", ErrExists, name, reg.kind.Section(), reg.begin+1)
	}
	found, err := f.Find(Selector{Kind: place.Kind, Index: place.Index})
	if err != nil {
		return "", err
	}
	if err := d.refused(); err != nil {
		return "", err
	}
	sec := d.sections[place.Kind]
	if isFlow(sec.value) {
		return "", flowError(sec)
	}
	if err := d.editable(region{kind: place.Kind, item: &sec.items[place.Index]}); err != nil {
		return "", err
	}
	var errs []error
	for _, end := range d.ends(sec, place.Index) {
		after := d.enclose(name, sec.items[place.Index].dash, end, sec.value.Column-1)
		if err := d.verifyAdopted(found, name, after); err != nil {
			errs = append(errs, err)
			continue
		}
		return after, nil
	}
	return "", fmt.Errorf("%w: markers cannot be put around the rule at line %d; write %s as a plain list, one rule after the other: %v",
		ErrShape, found.Line, place.Kind.Section(), errors.Join(errs...))
}

// ends returns the lines before which an item may end: after its last line of content, or at the latest before what follows.
func (d *document) ends(sec section, index int) []int {
	limit := d.keyAfter(sec.key)
	if index+1 < len(sec.items) {
		limit = sec.items[index+1].dash
		for _, reg := range d.regions {
			if reg.item != nil && reg.item.dash == limit {
				limit = reg.begin
			}
		}
	}
	first := limit
	for first > sec.items[index].dash+1 && isFiller(d.lines[first-1]) {
		first--
	}
	if first == limit {
		return []int{limit}
	}
	return []int{first, limit}
}

// enclose returns the text with markers before two lines.
func (d *document) enclose(name string, begin, end, indent int) string {
	br := lineBreak(d.lines)
	marker := func(word string) string {
		return strings.Repeat(" ", indent) + "# " + markerWord + " " + name + " " + word + br
	}
	lines := slices.Clone(d.lines)
	if !hasBreak(lines[end-1]) {
		lines[end-1] += br
	}
	lines = slices.Insert(lines, end, marker("end"))
	return d.assemble(slices.Insert(lines, begin, marker("begin")))
}

// verifyAdopted checks that nothing has changed its meaning, and that the rule now has its name.
func (d *document) verifyAdopted(found Listed, name, text string) error {
	after, err := parse(text)
	if err != nil {
		return err
	}
	if !slices.EqualFunc(d.otherKeys(), after.otherKeys(), sameNodes) {
		return errors.New("other keys would change")
	}
	for _, kind := range kinds {
		if !slices.EqualFunc(d.sections[kind].items, after.sections[kind].items, func(a, b item) bool { return sameNodes(a.node, b.node) }) {
			return fmt.Errorf("rules under %s would change", kind.Section())
		}
	}
	for other, was := range d.regions {
		if is, ok := after.regions[other]; !ok || is.kind != was.kind || d.inner(was) != after.inner(is) {
			return fmt.Errorf("rule %q would change", other)
		}
	}
	reg, ok := after.regions[name]
	if !ok || reg.item == nil || reg.kind != found.Kind || reg.item.node != after.sections[found.Kind].items[found.Index].node {
		return errors.New("the markers would not enclose the rule")
	}
	if got, err := after.readRegion(reg); err != nil || !got.Equal(found.Rule) {
		return fmt.Errorf("the rule would read differently: %v", err)
	}
	return d.verifyLoader(nil, after)
}
