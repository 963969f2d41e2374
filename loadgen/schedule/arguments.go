// SPDX-License-Identifier: Apache-2.0

package schedule

import (
	"errors"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/internal/invalid"
)

// arguments are the name=value pairs of one segment.
type arguments struct {
	kind     string
	given    map[string]string
	order    []string        // names as they were given
	read     map[string]bool // names that a profile asked for
	alone    time.Duration   // duration when none is given
	noFiles  bool
	problems invalid.Values
}

func newArguments(kind, text string, p Parser) *arguments {
	a := &arguments{kind: kind, given: make(map[string]string), read: make(map[string]bool), alone: p.Duration, noFiles: p.NoFiles}
	for pair := range strings.SplitSeq(text, ",") {
		if pair = strings.TrimSpace(pair); pair == "" {
			continue
		}
		name, value, found := strings.Cut(pair, "=")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		switch _, twice := a.given[name]; {
		case !found:
			a.problems.Add("profile "+kind, pair, "is not written name=value, as in %s", example)
		case twice:
			a.refuse(name, value, "is given twice; remove one")
		default:
			a.given[name] = value
			a.order = append(a.order, name)
		}
	}
	return a
}

func (a *arguments) refuse(name, value, remedy string, args ...any) {
	a.problems.Add(parameterName(a.kind, name), value, remedy, args...)
}

func (a *arguments) has(name string) bool {
	_, ok := a.given[name]
	return ok
}

// value returns what was given for a name that the profile knows.
func (a *arguments) value(name string) (string, bool) {
	a.read[name] = true
	value, ok := a.given[name]
	return value, ok
}

// fill sets every field that was given. A missing field without a default is a
// problem; a number is then NaN, so that no other parameter is compared with
// it.
func (a *arguments) fill(fields []field) {
	for _, f := range fields {
		value, given := a.value(f.name)
		switch {
		case given && f.number != nil:
			*f.number = a.parseNumber(f.name, value)
		case given:
			*f.time = a.parseTime(f.name, value)
		case f.standard != "":
		case f.number != nil:
			*f.number = math.NaN()
			a.refuse(f.name, "", "is missing; add for example %s=20", f.name)
		default:
			a.refuse(f.name, "", "is missing; add for example %s=60", f.name)
		}
	}
}

func (a *arguments) parseNumber(name, value string) float64 {
	parsed, err := strconv.ParseFloat(value, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) { // too large is +Inf, which the range check refuses
		a.refuse(name, value, "must be a number, for example 20")
		return math.NaN() // not compared with other parameters
	}
	return parsed
}

func (a *arguments) parseTime(name, value string) time.Duration {
	d, ok := ParseSeconds(value)
	if !ok {
		a.refuse(name, value, "must be seconds or a Go duration, for example 90 or 1m30s")
	}
	return d
}

// duration returns the duration of the segment, or its default, which may be 0.
func (a *arguments) duration() time.Duration {
	first := !a.read["duration"]
	value, ok := a.value("duration")
	if !ok {
		return a.alone
	}
	d, ok := ParseSeconds(value)
	if !ok && first {
		a.refuse("duration", value, "must be seconds or a Go duration, for example 90 or 1m30s")
	}
	return d
}

// keep adds the problems that a constructor found.
func (a *arguments) keep(err error) {
	for _, p := range problemsOf(err) {
		a.refuse(p.Name, p.Given, "%s", p.Remedy)
	}
}

// keepNew adds problems of given values that have none yet. They show the text
// that was typed, not the parsed value.
func (a *arguments) keepNew(problems invalid.Values) {
	for _, p := range problems {
		for _, name := range a.order {
			if parameterName(a.kind, name) == p.Name && !a.refused(p.Name) {
				p.Given = a.given[name]
				a.problems = append(a.problems, p)
			}
		}
	}
}

func (a *arguments) refused(name string) bool {
	return slices.ContainsFunc(a.problems, func(p invalid.Value) bool { return p.Name == name })
}

// refuseUnread adds a problem for each name that the profile does not know.
func (a *arguments) refuseUnread() {
	for _, name := range a.order {
		if !a.read[name] {
			a.refuse(name, a.given[name], "is unknown; %s takes %s", a.kind, strings.Join(slices.Sorted(maps.Keys(a.read)), ", "))
		}
	}
}
