// SPDX-License-Identifier: Apache-2.0

// Package rulefile edits the text of prometheus-adapter's configuration, one rule at a time, and leaves every other byte alone:
// rules that people or other tools wrote, comments, further keys.
//
// The adapter's loader refuses keys it does not know, so a rule's name is kept in comments around its list item:
//
//	rules:
//	- seriesQuery: somebody_elses_metric
//	# promadapter_rule heavywork begin
//	- seriesQuery: heavywork_requests_total
//	# promadapter_rule heavywork end
//
// Text is cut and pasted by line; a YAML parser says where the lines are, and judges each result before it is returned.
package rulefile

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/rule"
)

// Errors that callers branch on.
var (
	ErrNotFound   = errors.New("rule not found")
	ErrExists     = errors.New("rule exists")
	ErrShape      = errors.New("not a configuration of prometheus-adapter that can be edited safely")
	ErrMarkers    = errors.New("broken promadapter_rule marker comments")
	ErrUnreadable = errors.New("not a rule that the adapter can load")
	ErrRefused    = errors.New("the adapter does not start with this text")
)

// Entry is a rule with its identity.
type Entry struct {
	Name string
	Kind rule.Kind
	Rule rule.Rule
}

// NamePattern is what a rule's name may look like.
const NamePattern = `[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?`

var nameRegexp = regexp.MustCompile(`^` + NamePattern + `$`)

// CheckName returns an error for a name that cannot stand in a marker comment.
func CheckName(name string) error {
	if !nameRegexp.MatchString(name) {
		return fmt.Errorf("invalid rule name %q: use 1 to 63 letters, digits, dots, dashes and underscores, and begin and end with a letter or digit", name)
	}
	return nil
}

// Get returns the rule of that name as it stands in the text, with whatever somebody changed in it by hand.
// It fails with ErrNotFound, with ErrShape or ErrMarkers when the text cannot be understood, and with ErrUnreadable
// (and an Entry without a rule) when the lines between the markers are no longer one rule.
func Get(text, name string) (Entry, error) {
	doc, err := parse(text)
	if err != nil {
		return Entry{}, err
	}
	return doc.get(name)
}

func (d *document) get(name string) (Entry, error) {
	reg, ok := d.regions[name]
	if !ok || reg.item == nil {
		return Entry{}, fmt.Errorf("%w: %q", ErrNotFound, name)
	}
	entry := Entry{Name: name, Kind: reg.kind}
	var err error
	entry.Rule, err = d.readRegion(reg)
	if err != nil {
		return entry, fmt.Errorf("%w: between its markers at lines %d and %d: %v", ErrUnreadable, reg.begin+1, reg.end+1, err)
	}
	return entry, nil
}

// Create adds a rule. It fails with ErrExists when there is one of that name.
func Create(text string, e Entry) (string, error) { return put(text, e, true) }

// Put adds a rule or replaces the one of that name where it stands. Text that has the rule already comes back as it is.
func Put(text string, e Entry) (string, error) { return put(text, e, false) }

func put(text string, e Entry, mustBeNew bool) (string, error) {
	if err := CheckName(e.Name); err != nil {
		return "", err
	}
	doc, err := parse(text)
	if err != nil {
		return "", err
	}
	if err := doc.refused(); err != nil {
		return "", err
	}
	block, err := rule.Marshal(e.Rule)
	if err != nil {
		return "", err
	}
	c := change{name: e.Name, kind: e.Kind, put: &e.Rule}
	reg, ok := doc.regions[e.Name]
	switch {
	case ok && reg.item == nil: // only the markers are left: begin again
		without, err := Delete(text, e.Name)
		if err != nil {
			return "", err
		}
		return put(without, e, mustBeNew)
	case ok && (mustBeNew || reg.kind != e.Kind):
		return "", fmt.Errorf("%w: %q stands under %s at line %d", ErrExists, e.Name, reg.kind.Section(), reg.begin+1)
	case ok:
		if found, err := doc.readRegion(reg); err == nil && found.Equal(e.Rule) {
			return text, nil
		}
		if err := doc.editable(reg); err != nil {
			return "", err
		}
		return doc.firstGood(c, []string{doc.replace(reg, e.Name, block)})
	}
	candidates, err := doc.insertions(e.Kind, e.Name, block)
	if err != nil {
		return "", err
	}
	return doc.firstGood(c, candidates)
}

// Delete removes a rule. It fails with ErrNotFound when there is none of that name. With the last rule of a list, what Put found in
// its place comes back.
func Delete(text, name string) (string, error) {
	doc, err := parse(text)
	if err != nil {
		return "", err
	}
	reg, ok := doc.regions[name]
	if !ok {
		return "", fmt.Errorf("%w: %q", ErrNotFound, name)
	}
	if err := doc.refused(); err != nil {
		return "", err
	}
	if err := doc.editable(reg); err != nil {
		return "", err
	}
	return doc.firstGood(change{name: name, kind: reg.kind}, doc.removals(reg))
}
