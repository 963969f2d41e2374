// SPDX-License-Identifier: Apache-2.0

package schedule

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/internal/invalid"
)

// example is the profile that messages give as an example.
const example = "constant:rate=20,duration=60"

// Parse reads the text form of a sequence: segments separated by ";", each one
//
//	kind:name=value,name=value,...
//
// with the kinds that [Kinds] lists. Spaces around any of these are ignored.
// Every segment takes a duration, in seconds (90, 0.5) or as a Go duration
// (1m30s); by default, a trace and a list of rates last as long as they are,
// and a single segment lasts 500 s. "scale=F" in front of the first segment
// multiplies every rate by F. A trace given by file is read from there;
// [Sequence.String] writes its points instead.
//
// The error lists every invalid part with its name (such as "profile
// ramp:from"), value and remedy.
func Parse(text string) (Sequence, error) { return Parser{}.Parse(text) }

// Parser holds the settings for reading the text form. [Parse] uses the zero
// value.
type Parser struct {
	Duration time.Duration // of a single segment that has none; 0 means DefaultDuration
	NoFiles  bool          // refuse traces given by file: for text from an untrusted source
}

// Parse is [Parse] with the settings of p.
func (p Parser) Parse(text string) (Sequence, error) {
	if p.Duration == 0 {
		p.Duration = DefaultDuration
	}
	var (
		problems invalid.Values
		segments []Segment
		factor   = 1.0
	)
	parts := splitSegments(text)
	if len(parts) > 0 {
		if value, ok := strings.CutPrefix(strings.ReplaceAll(parts[0], " ", ""), "scale="); ok {
			var err error
			if factor, err = strconv.ParseFloat(value, 64); err != nil || !finite(factor) || factor <= 0 || factor > maxScale {
				problems.Add("profile scale", value, "must be a number above 0 and at most %d, for example 0.5", maxScale)
				factor = 1
			}
			parts = parts[1:]
		}
	}
	if len(parts) == 0 {
		problems.Add("profile", text, "is empty; an example is %s", example)
	}
	if len(parts) > 1 {
		p.Duration = 0
	}
	for i, part := range parts {
		segment, refused := p.segment(part)
		for _, problem := range refused {
			if len(parts) > 1 {
				problem.Name += fmt.Sprintf(" (segment %d)", i+1)
			}
			problems = append(problems, problem)
		}
		segments = append(segments, segment)
	}
	if err := problems.Err(); err != nil {
		return Sequence{}, err
	}
	sequence, err := NewSequence(segments...)
	if err != nil {
		return Sequence{}, err
	}
	return sequence.Scale(factor), nil
}

// maxScale bounds the scale of the text form; a larger one is a typing error.
const maxScale = 1000

// splitSegments drops empty parts, as after a last ";".
func splitSegments(text string) []string {
	var parts []string
	for part := range strings.SplitSeq(text, ";") {
		if part = strings.TrimSpace(part); part != "" {
			parts = append(parts, part)
		}
	}
	return parts
}

func (p Parser) segment(text string) (Segment, invalid.Values) {
	kind, rest, _ := strings.Cut(text, ":")
	kind = strings.TrimSpace(kind)
	of, known, names := kindNamed(kind)
	if !known {
		var problems invalid.Values
		problems.Add("profile", kind, "is unknown; known are %s, as in %s", strings.Join(names, ", "), example)
		return Segment{}, problems
	}
	a := newArguments(kind, rest, p)
	shape := of.read(a)
	duration := a.duration()
	if l, ok := shape.(interface{ Length() time.Duration }); ok && !a.has("duration") {
		duration = l.Length()
	}
	a.refuseUnread()
	if duration == 0 && !a.has("duration") && shape != nil {
		a.refuse("duration", "", "is missing; add for example duration=60")
	}
	segment := Segment{Profile: shape, Duration: duration}
	if shape != nil {
		a.keepNew(problemsOf(segment.Validate()))
	}
	return segment, a.problems
}
