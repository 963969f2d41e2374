// SPDX-License-Identifier: Apache-2.0

// Package rulefile edits the text of prometheus-adapter's configuration, one rule at a time, and leaves every other byte alone:
// rules that people or other tools wrote, comments, other keys.
//
// The adapter's loader refuses keys it does not know, so a rule's name is kept in comments around its list item:
//
//	rules:
//	- seriesQuery: somebody_elses_metric
//	# promadapter_rule heavywork begin
//	- seriesQuery: heavywork_requests_total
//	# promadapter_rule heavywork end
//
// Text is cut and pasted by line; a YAML parser says where the lines are, and checks each result before it is returned.
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

// CheckName returns an error for a name that cannot be used in a marker comment.
func CheckName(name string) error {
	if !nameRegexp.MatchString(name) {
		return fmt.Errorf("invalid rule name %q: use 1 to 63 letters, digits, dots, dashes and underscores, and begin and end with a letter or digit", name)
	}
	return nil
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
