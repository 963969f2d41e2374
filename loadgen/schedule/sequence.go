// SPDX-License-Identifier: Apache-2.0

package schedule

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/internal/invalid"
)

// MaxSegments bounds the length of a sequence.
const MaxSegments = 1000

// Sequence is a [Profile] that consists of segments, one after the other. Each
// one starts its curve at its own second 0; after the last one the rate is 0. A
// Sequence is immutable, safe for concurrent use and cheap to copy. The zero
// value is empty: use [NewSequence] or [Parse].
type Sequence struct {
	segments []Segment
	start    []float64 // second at which each segment starts, and the end of the last one
	mass     []float64 // Lambda at each of these, before scaling
	duration time.Duration
	factor   float64
}

// NewSequence joins segments. The error lists every value out of range; a
// sequence that expects no requests is also refused.
func NewSequence(segments ...Segment) (Sequence, error) {
	var problems invalid.Values
	if len(segments) == 0 || len(segments) > MaxSegments {
		problems.Add("profile", strconv.Itoa(len(segments))+" segments", "must have from 1 to %d segments, for example %s", MaxSegments, example)
		return Sequence{}, problems
	}
	s := Sequence{
		segments: slices.Clone(segments),
		start:    make([]float64, 1, len(segments)+1),
		mass:     make([]float64, 1, len(segments)+1),
		factor:   1,
	}
	for i, segment := range s.segments {
		for _, p := range problemsOf(segment.Validate()) {
			if len(segments) > 1 {
				p.Name += fmt.Sprintf(" (segment %d)", i+1)
			}
			problems = append(problems, p)
		}
		if len(problems) > 0 {
			continue // what follows would compute with bad values
		}
		s.duration += segment.Duration
		if s.duration > MaxDuration {
			problems.Add("profile", s.duration.String(), "must last at most %s in all: make the durations shorter", MaxDuration)
			break
		}
		s.start = append(s.start, s.duration.Seconds())
		s.mass = append(s.mass, s.mass[i]+segment.Profile.Cumulative(segment.Duration.Seconds()))
	}
	if len(problems) == 0 && s.total() == 0 {
		problems.Add("profile", s.String(), "expects no request at all: give one segment a rate above 0, for example %s", example)
	}
	if err := problems.Err(); err != nil {
		return Sequence{}, err
	}
	return s, nil
}

func (s Sequence) total() float64 { return s.mass[len(s.mass)-1] }

// Segments returns the segments, as they were given: not scaled.
func (s Sequence) Segments() []Segment { return slices.Clone(s.segments) }

// Duration returns how long all segments take.
func (s Sequence) Duration() time.Duration { return s.duration }

// Rate returns lambda(t) in requests per second: 0 before the start and after
// the end.
func (s Sequence) Rate(t float64) float64 {
	if t < 0 || t >= s.duration.Seconds() {
		return 0
	}
	i := pieceAt(s.start, t)
	return s.factor * s.segments[i].Profile.Rate(t-s.start[i])
}

// Cumulative returns Lambda(t), which stays the same after the end.
func (s Sequence) Cumulative(t float64) float64 {
	switch {
	case t <= 0:
		return 0
	case t >= s.duration.Seconds():
		return s.Expected()
	}
	i := pieceAt(s.start, t)
	return s.factor * (s.mass[i] + s.segments[i].Profile.Cumulative(t-s.start[i]))
}

// Inverse returns the earliest t with Lambda(t) = mass, +Inf beyond the end.
func (s Sequence) Inverse(mass float64) float64 {
	mass /= s.factor
	if mass <= 0 {
		return 0
	}
	if !(mass <= s.total()) {
		return math.Inf(1)
	}
	// The segment before the first one that starts with this mass or more.
	i, _ := slices.BinarySearch(s.mass, mass)
	i = max(0, i-1)
	return min(s.start[i]+s.segments[i].Profile.Inverse(mass-s.mass[i]), s.start[i+1])
}

// Validate refuses the zero value; everything else has passed NewSequence.
func (s Sequence) Validate() error {
	var problems invalid.Values
	if len(s.segments) == 0 {
		problems.Add("profile", "", "has no segments; an example is %s", example)
	}
	return problems.Err()
}

// Expected returns the mean number of requests of the whole sequence.
func (s Sequence) Expected() float64 {
	if len(s.segments) == 0 {
		return 0
	}
	return s.factor * s.total()
}

// ExpectedPerSecond returns the mean number of requests of each second of the
// sequence. The last one is shorter if Duration is not in whole seconds.
func (s Sequence) ExpectedPerSecond() []float64 {
	seconds := make([]float64, int(math.Ceil(s.duration.Seconds())))
	before := 0.0
	for i := range seconds {
		mass := s.Cumulative(float64(i + 1))
		seconds[i], before = mass-before, mass
	}
	return seconds
}

// String returns the text form, which [Parse] reads back:
// segments joined by ";", after "scale=F;" when the sequence was scaled.
func (s Sequence) String() string {
	var parts []string
	if s.Factor() != 1 {
		parts = append(parts, "scale="+number(s.factor))
	}
	for _, segment := range s.segments {
		parts = append(parts, segment.String())
	}
	return strings.Join(parts, ";")
}

// Scale returns the same sequence with every rate multiplied by factor, which
// must be finite and above 0, else Scale panics.
//
// This is how a load is split over n generators: each one runs Scale(1/n) with
// a seed of its own (see [PartSeed]). Keeping each arrival of a Poisson process
// with probability 1/n leaves a Poisson process of 1/n of the rate, and n
// independent ones together are a Poisson process of the full rate. Source:
// J. F. C. Kingman, Poisson Processes, Oxford 1993, sections 2.2
// (superposition) and 5.1 (colouring).
func (s Sequence) Scale(factor float64) Sequence {
	if !finite(factor) || factor <= 0 {
		panic("schedule: Scale by " + number(factor))
	}
	s.factor = s.Factor() * factor
	return s
}

// Factor returns the product of all factors the sequence was scaled by; 1 when
// it was not.
func (s Sequence) Factor() float64 {
	if s.factor == 0 { // the zero value
		return 1
	}
	return s.factor
}

// Unscaled returns the sequence as it was before Scale.
func (s Sequence) Unscaled() Sequence {
	s.factor = 1
	return s
}

// PartSeed returns the seed of one of several generators that share a load.
// Part 0 keeps the seed, so that a load with a single part is the same as an
// unshared one. The others get unrelated seeds from SplitMix64 by G. L. Steele,
// D. Lea and C. H. Flood (Fast splittable pseudorandom number generators,
// OOPSLA 2014), cut to 53 bits, which a JSON number can hold.
func PartSeed(seed uint64, part int) uint64 {
	if part == 0 {
		return seed
	}
	z := seed + uint64(part)*0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return (z ^ z>>31) >> 11
}

// Segment is a profile with a duration.
type Segment struct {
	Profile  Shape
	Duration time.Duration // above 0 and at most MaxDuration
}

// Kind returns the profile's name in the text form, such as "ramp".
func (s Segment) Kind() string { return s.Profile.kind().Name }

// Describe says in a few words what the rate does.
func (s Segment) Describe() string { return s.Profile.Describe(s.Duration) }

// Parameters returns the numbers that define the curve, in the order of the
// text form.
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
