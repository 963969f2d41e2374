// SPDX-License-Identifier: Apache-2.0

package schedule

import (
	"fmt"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/internal/invalid"
)

// Spike is a sudden change that goes away again:
//
//	lambda(t) = Peak    for At <= t < At + Width
//	lambda(t) = Base    otherwise
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

func (s Spike) kind() Kind {
	fields := []field{
		rateField("base", &s.Base), rateField("peak", &s.Peak),
		{name: "at", time: &s.At, remedy: func() string {
			return unless(s.At >= 0 && s.At <= MaxDuration, "must be from 0 to "+MaxDuration.String()+", for example 60s")
		}},
		lengthField("width", &s.Width),
	}
	return Kind{Name: "spike", Curve: "another rate for a while", fields: fields,
		read: func(a *arguments) Shape { a.fill(fields); return s }}
}

// Validate lists every parameter out of range.
func (s Spike) Validate() error { return outOfRange(s.kind().fields...).Err() }

// validateFor refuses a spike that starts after the end of the segment.
func (s Spike) validateFor(duration time.Duration) error {
	var problems invalid.Values
	if s.At >= duration {
		problems.Add("at", s.At.String(), "must be before the end of the segment, which lasts %s", duration)
	}
	return problems.Err()
}

// Describe names both rates and the time of the peak.
func (s Spike) Describe(time.Duration) string {
	return fmt.Sprintf("%s/s, %s/s at %s s for %s s", number(s.Base), number(s.Peak), secondsText(s.At), secondsText(s.Width))
}
