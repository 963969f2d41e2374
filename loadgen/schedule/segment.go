// SPDX-License-Identifier: Apache-2.0

package schedule

import (
	"strings"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/internal/invalid"
)

// Segment is a profile for a time.
type Segment struct {
	Profile  Shape
	Duration time.Duration // above 0 and at most MaxDuration
}

// Kind returns the name that [Parse] knows the profile by, such as "ramp".
func (s Segment) Kind() string { return s.Profile.kind().Name }

// Describe says in a few words what the rate does.
func (s Segment) Describe() string { return s.Profile.Describe(s.Duration) }

// Parameters returns the numbers that make the curve, in the order of the text
// form.
func (s Segment) Parameters() (list []Parameter) {
	for _, f := range s.Profile.kind().fields {
		if f.number != nil {
			list = append(list, Parameter{f.name, *f.number})
		} else {
			list = append(list, Parameter{f.name, inSeconds(*f.time)})
		}
	}
	return list
}

// Points returns the points of a profile that has any (Steps, Trace), else nil.
func (s Segment) Points() []Point {
	if p, ok := s.Profile.(interface{ Points() []Point }); ok {
		return p.Points()
	}
	return nil
}

// Validate lists every parameter out of range, named as in "profile ramp:from".
func (s Segment) Validate() error {
	var problems invalid.Values
	if s.Profile == nil {
		_, _, names := kindNamed("")
		problems.Add("profile", "", "is missing; known are %s", strings.Join(names, ", "))
		return problems
	}
	problems = append(problemsOf(s.Profile.Validate()), validateDuration(s.Duration)...)
	if p, ok := s.Profile.(interface{ validateFor(time.Duration) error }); ok && len(problems) == 0 {
		problems = problemsOf(p.validateFor(s.Duration))
	}
	for i := range problems {
		problems[i].Name = parameterName(s.Kind(), problems[i].Name)
	}
	return problems.Err()
}

// parameterName returns how messages name a parameter of a profile.
func parameterName(kind, parameter string) string {
	return "profile " + kind + ":" + strings.ReplaceAll(parameter, "-", "_")
}

// String returns the text form, which [Parse] reads back.
func (s Segment) String() string {
	var b strings.Builder
	b.WriteString(s.Kind())
	separator := byte(':')
	write := func(name, value string) {
		b.WriteByte(separator)
		b.WriteString(name)
		b.WriteByte('=')
		b.WriteString(value)
		separator = ','
	}
	if p, ok := s.Profile.(interface{ list() (name, value string) }); ok {
		write(p.list())
	}
	for _, p := range s.Parameters() {
		if p.Name == "over" && p.Value == inSeconds(s.Duration) {
			continue // the default
		}
		write(p.Name, number(p.Value))
	}
	write("duration", secondsText(s.Duration))
	return b.String()
}

func joined[E any](list []E, text func(E) string) string {
	texts := make([]string, len(list))
	for i, element := range list {
		texts[i] = text(element)
	}
	return strings.Join(texts, "/")
}
