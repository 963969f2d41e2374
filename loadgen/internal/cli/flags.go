// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"flag"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/agext/levenshtein"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/internal/invalid"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/schedule"
)

// flagSet reads flags before, between and after the arguments, and collects
// problems instead of stopping at the first: none of its flags returns an error
// to package flag.
type flagSet struct {
	flags    *flag.FlagSet
	problems invalid.Values
	typed    map[string]string // values as they were given, for messages
}

func newFlagSet() *flagSet {
	f := &flagSet{flags: flag.NewFlagSet("loadgen", flag.ContinueOnError), typed: make(map[string]string)}
	f.flags.SetOutput(io.Discard)
	f.flags.Usage = func() {}
	return f
}

// parse sets the flags and returns the arguments between them. If a flag was
// not understood, the arguments are unreliable: one of them may be its value.
// Package flag stops at the first argument and at the first flag that it does
// not know.
func (f *flagSet) parse(args []string) (arguments []string, understood, help bool) {
	understood = true
	refuse := func(token, why string, rest ...any) {
		f.problems.Add("flag", token, why, rest...)
		understood = false
	}
	args = slices.DeleteFunc(slices.Clone(args), func(token string) bool {
		// Package flag refuses these without consuming them.
		malformed := strings.HasPrefix(token, "---") || strings.HasPrefix(strings.TrimLeft(token, "-"), "=") && token[0] == '-'
		if malformed {
			refuse(token, "is not written like a flag, for example --seed=42")
		}
		return malformed
	})
	for len(args) > 0 {
		err := f.flags.Parse(args)
		rest := f.flags.Args()
		switch {
		case errors.Is(err, flag.ErrHelp):
			return nil, false, true
		case err != nil:
			token := args[len(args)-len(rest)-1]
			name := strings.TrimLeft(token, "-")
			if f.flags.Lookup(name) != nil {
				refuse(token, "needs a value")
			} else if near := nearest(name, f.names()); near != "" {
				refuse(token, "is unknown: did you mean %s?", dashed(near))
			} else {
				refuse(token, "is unknown")
			}
		case len(rest) > 0:
			arguments, rest = append(arguments, rest[0]), rest[1:]
		}
		args = rest
	}
	return arguments, understood, false
}

func (f *flagSet) names() (names []string) {
	f.flags.VisitAll(func(one *flag.Flag) { names = append(names, one.Name) })
	return names
}

// given reports whether a flag was on the command line, with a valid value or
// not.
func (f *flagSet) given(name string) bool {
	_, typed := f.typed[name]
	return typed
}

// refuse adds a problem with a flag's value as it was given.
func (f *flagSet) refuse(name, remedy string, args ...any) {
	f.problems.Add(dashed(name), f.typed[name], remedy, args...)
}

// dashed returns a flag as it is written.
func dashed(name string) string {
	if len(name) == 1 {
		return "-" + name
	}
	return "--" + name
}

// value defines a flag; set reports whether it could use the value.
func (f *flagSet) value(name, remedy string, set func(string) bool) {
	f.flags.Func(name, "", func(s string) error {
		f.typed[name] = s
		if !set(s) {
			f.refuse(name, "%s", remedy)
		}
		return nil
	})
}

func (f *flagSet) toggle(name string, target *bool) {
	f.flags.BoolFunc(name, "", func(s string) error {
		on, err := strconv.ParseBool(s)
		if err != nil {
			f.problems.Add(dashed(name), s, "takes no value, or true or false")
		}
		*target = on
		return nil
	})
}

// text defines a flag whose value must not be empty.
func (f *flagSet) text(name, remedy string, target *string) {
	f.value(name, remedy, func(s string) bool {
		*target = s
		return s != ""
	})
}

func (f *flagSet) number(name, remedy string, target *float64) {
	f.value(name, remedy, func(s string) bool {
		value, err := strconv.ParseFloat(s, 64)
		if err != nil && !errors.Is(err, strconv.ErrRange) { // too large is +Inf, which a range check refuses
			return false
		}
		*target = value
		return true
	})
}

// between defines a number from low to high.
func (f *flagSet) between(name string, low, high float64, example string, target *float64) {
	f.value(name, "must be a number from "+plain(low)+" to "+plain(high)+", for example "+example, func(s string) bool {
		value, err := strconv.ParseFloat(s, 64)
		ok := err == nil && value >= low && value <= high
		if ok {
			*target = value
		}
		return ok
	})
}

func (f *flagSet) integer(name string, low, high int, example int, target *int) {
	remedy := "must be a whole number from " + strconv.Itoa(low) + " to " + strconv.Itoa(high) + ", for example " + strconv.Itoa(example)
	f.value(name, remedy, func(s string) bool {
		n, err := strconv.Atoi(s)
		ok := err == nil && n >= low && n <= high
		if ok {
			*target = n
		}
		return ok
	})
}

// duration defines a flag in seconds or as a Go duration; accept says which
// lengths are allowed; nil leaves that to the caller.
func (f *flagSet) duration(name, remedy string, accept func(time.Duration) bool, target *time.Duration) {
	f.value(name, remedy, func(s string) bool {
		d, ok := schedule.ParseSeconds(s)
		if ok = ok && (accept == nil || accept(d)); ok {
			*target = d
		}
		return ok
	})
}

// nearest returns the candidate that is at most two edits away from the word,
// or "" if none is.
func nearest(word string, candidates []string) string {
	best, least := "", 3
	for _, c := range candidates {
		if d := levenshtein.Distance(word, c, nil); d < least && d < len(c) {
			best, least = c, d
		}
	}
	return best
}
