// SPDX-License-Identifier: Apache-2.0

package schedule

import (
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/internal/invalid"
)

// Spike is a sudden change that goes away again:
//
//	lambda(t) = Peak    for At <= t < At + Width
//	lambda(t) = Base    else
//
// A Peak below the Base is a dip.
type Spike struct {
	Base, Peak float64       // requests per second, from 0 to MaxRate
	At         time.Duration // when the spike starts, from 0
	Width      time.Duration // how long it lasts
}

// Rate returns lambda(t) in requests per second.
func (s Spike) Rate(t float64) float64 {
	if t >= s.At.Seconds() && t < (s.At+s.Width).Seconds() {
		return s.Peak
	}
	return s.Base
}

// Cumulative returns Lambda(t).
func (s Spike) Cumulative(t float64) float64 {
	inside := min(max(t-s.At.Seconds(), 0), s.Width.Seconds())
	return s.Base*(t-inside) + s.Peak*inside
}

// Inverse returns t with Lambda(t) = mass, in closed form.
func (s Spike) Inverse(mass float64) float64 {
	at, width := s.At.Seconds(), s.Width.Seconds()
	before, inside := s.Base*at, s.Peak*width
	switch {
	case mass <= before:
		return atConstantRate(s.Base, mass)
	case mass <= before+inside:
		return at + min(atConstantRate(s.Peak, mass-before), width)
	}
	return at + width + atConstantRate(s.Base, mass-before-inside)
}

// Validate lists every parameter out of range.
func (s Spike) Validate() error {
	var problems invalid.Values
	validateRate(&problems, "base", s.Base)
	validateRate(&problems, "peak", s.Peak)
	if s.At < 0 || s.At > MaxDuration {
		problems.Add("at", s.At.String(), "must be from 0 to %s, for example 60s", MaxDuration)
	}
	validateLength(&problems, "width", s.Width)
	return problems.Err()
}

// validateFor refuses a spike that would never come.
func (s Spike) validateFor(duration time.Duration) error {
	var problems invalid.Values
	if s.At >= duration {
		problems.Add("at", s.At.String(), "must be before the end of the segment, which lasts %s", duration)
	}
	return problems.Err()
}

// Kind returns "spike".
func (Spike) Kind() string { return "spike" }

// Parameters returns base, peak, at and width.
func (s Spike) Parameters() []Parameter {
	return []Parameter{{"base", s.Base}, {"peak", s.Peak}, {"at", inSeconds(s.At)}, {"width", inSeconds(s.Width)}}
}
