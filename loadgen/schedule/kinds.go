// SPDX-License-Identifier: Apache-2.0

package schedule

import (
	"slices"
	"strings"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/internal/invalid"
)

// Kinds returns every kind of profile. Each is declared in a file of its own.
func Kinds() []Kind {
	decay := Decay{ArrivalRate: DefaultArrivalRate, DecayRate: DefaultDecayRate}
	var kinds []Kind
	for _, shape := range []Shape{Constant{}, decay, Ramp{}, Step{}, Spike{}, Sine{}, &Trace{}} {
		kinds = append(kinds, shape.kind())
	}
	return kinds
}

// Kind is a kind of profile and its text form.
type Kind struct {
	Name  string // in the text form, such as "ramp"
	Curve string // what the rate does, in a few words

	fields []field                  // numeric parameters, of the profile that read returns
	other  string                   // other forms of the parameters
	read   func(a *arguments) Shape // returns nil if there is none; the problems of a say why
}

// Parameters lists the parameters in the text form, defaults in brackets.
func (k Kind) Parameters() string {
	var names []string
	for _, f := range k.fields {
		if f.standard != "" {
			f.name += " [" + f.standard + "]"
		}
		names = append(names, f.name)
	}
	return strings.Join(slices.DeleteFunc([]string{strings.Join(names, ", "), k.other}, func(form string) bool { return form == "" }), "; or ")
}

// kindNamed returns the kind with the given name, and all names, sorted, for
// messages.
func kindNamed(name string) (kind Kind, known bool, names []string) {
	for _, k := range Kinds() {
		if k.Name == name {
			kind, known = k, true
		}
		names = append(names, k.Name)
	}
	slices.Sort(names)
	return kind, known, names
}

// field is a parameter of a profile: a number or a time, never both.
type field struct {
	name     string
	standard string // the default, in words; empty if there is none
	number   *float64
	time     *time.Duration
	remedy   func() string // what to give instead of the value; empty if the value is in range
}

func (f field) or(standard string) field {
	f.standard = standard
	return f
}

// rateField is a rate from 0 to MaxRate.
func rateField(name string, rate *float64) field {
	return field{name: name, number: rate, remedy: func() string {
		return unless(finite(*rate) && *rate >= 0 && *rate <= MaxRate, "must be from 0 to "+number(MaxRate)+" requests per second, for example 20")
	}}
}

// lengthField is a time above 0.
func lengthField(name string, length *time.Duration) field {
	return field{name: name, time: length, remedy: func() string {
		return unless(*length > 0 && *length <= MaxDuration, "must be above 0 and at most "+MaxDuration.String()+", for example 60s")
	}}
}

func unless(fine bool, remedy string) string {
	if fine {
		return ""
	}
	return remedy
}

// outOfRange lists the values out of range, named like flags.
func outOfRange(fields ...field) (problems invalid.Values) {
	for _, f := range fields {
		if remedy := f.remedy(); remedy != "" {
			problems.Add(strings.ReplaceAll(f.name, "_", "-"), f.text(), "%s", remedy)
		}
	}
	return problems
}

func (f field) text() string {
	if f.number != nil {
		return number(*f.number)
	}
	return f.time.String()
}
