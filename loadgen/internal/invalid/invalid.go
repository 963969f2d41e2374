// SPDX-License-Identifier: Apache-2.0

// Package invalid collects bad input, so that one message lists all of it and a
// command line need not be repaired one value at a time.
package invalid

import (
	"fmt"
	"net/url"
	"strings"
)

// Value is one refused input.
type Value struct {
	Name   string // what was set, spelled like the flag but without dashes
	Given  string // the value as it was given
	Remedy string // the allowed range and a value that works
}

// Error quotes the value and says what to give instead.
func (v Value) Error() string {
	return fmt.Sprintf("%s %q: %s", v.Name, v.Given, v.Remedy)
}

// Values is a list of refused inputs. The zero value is ready to use.
type Values []Value

// Add appends one refused input, without the credentials that a URL may hold;
// remedy is a format for args.
func (v *Values) Add(name, given, remedy string, args ...any) {
	*v = append(*v, Value{Name: name, Given: WithoutCredentials(given), Remedy: fmt.Sprintf(remedy, args...)})
}

// Err returns nil for an empty list and the list itself otherwise.
func (v Values) Err() error {
	if len(v) == 0 {
		return nil
	}
	return v
}

// Error joins all refused inputs in the order they were added.
func (v Values) Error() string {
	parts := make([]string, len(v))
	for i, value := range v {
		parts[i] = value.Error()
	}
	return strings.Join(parts, "; ")
}

// WithoutCredentials returns text for messages and logs: a URL without its user
// and password, even if the scheme or one of its slashes is missing, and any
// other text unchanged. A password may contain characters that a URL has to
// encode, so in a URL that can't be parsed everything up to the last @ is
// removed.
func WithoutCredentials(text string) string {
	scheme, rest, found := strings.Cut(text, "://")
	if !found { // a typing error, or only what follows the scheme
		if at := strings.LastIndexByte(text, '@'); at >= 0 && strings.Contains(text[:at], ":") {
			return "xxxxx" + text[at:]
		}
		return text
	}
	at := strings.LastIndexByte(rest, '@')
	if at < 0 {
		return text
	}
	if u, err := url.Parse(text); err == nil && u.User == nil {
		return text // the @ is in the path or in the query
	}
	return scheme + "://xxxxx@" + rest[at+1:]
}
