// SPDX-License-Identifier: Apache-2.0

package schedule

import (
	"math"
	"time"
)

// The default load.
const (
	DefaultArrivalRate = 20   // requests per second
	DefaultDecayRate   = 0.02 // per second
	DefaultDuration    = 500 * time.Second
)

// Decay is an exponentially falling rate,
//
//	lambda(t) = ArrivalRate * exp(-DecayRate * t)
//	Lambda(t) = ArrivalRate / DecayRate * (1 - exp(-DecayRate * t))
//
// A DecayRate of 0 is a constant rate. With a positive one,
// ArrivalRate/DecayRate requests are expected at most, however long the run.
type Decay struct {
	ArrivalRate float64 // requests per second at the start, in (0, MaxRate]
	DecayRate   float64 // per second, in [0, MaxRate]; the rate halves every ln(2)/DecayRate seconds
}

// Rate returns lambda(t) in requests per second.
func (d Decay) Rate(t float64) float64 {
	return d.ArrivalRate * math.Exp(-d.DecayRate*t)
}

// Cumulative returns Lambda(t). It is written as a*t times a factor in (0, 1],
// rather than with a/d, so that a decay rate near 0 neither divides by zero nor
// cancels digits.
func (d Decay) Cumulative(t float64) float64 {
	x := d.DecayRate * t
	if x == 0 {
		return d.ArrivalRate * t
	}
	return d.ArrivalRate * t * (-math.Expm1(-x) / x)
}

// Inverse returns t = -ln(1 - DecayRate*mass/ArrivalRate) / DecayRate, in a
// form that is also safe for small decay rates, and +Inf for a mass that the
// curve never reaches.
func (d Decay) Inverse(mass float64) float64 {
	constant := mass / d.ArrivalRate
	x := d.DecayRate * constant
	switch {
	case x >= 1:
		return math.Inf(1)
	case x == 0:
		return constant
	}
	return constant * (-math.Log1p(-x) / x)
}

func (d Decay) kind() Kind {
	fields := []field{
		field{name: "arrival_rate", number: &d.ArrivalRate, remedy: func() string {
			return unless(finite(d.ArrivalRate) && d.ArrivalRate > 0 && d.ArrivalRate <= MaxRate,
				"must be above 0 and at most "+number(MaxRate)+" requests per second, for example 20")
		}}.or(number(DefaultArrivalRate)),
		field{name: "decay_rate", number: &d.DecayRate, remedy: func() string {
			return unless(finite(d.DecayRate) && d.DecayRate >= 0 && d.DecayRate <= MaxRate,
				"must be from 0 (constant rate) to "+number(MaxRate)+" per second, for example 0.02; a growing rate is not supported")
		}}.or(number(DefaultDecayRate)),
	}
	return Kind{Name: "decay", Curve: "arrival_rate * exp(-decay_rate * t)", fields: fields,
		read: func(a *arguments) Shape { a.fill(fields); return d }}
}

// Validate lists every parameter that is not a finite number in range.
func (d Decay) Validate() error { return outOfRange(d.kind().fields...).Err() }

// Describe gives the formula.
func (d Decay) Describe(time.Duration) string {
	text := number(d.ArrivalRate) + "/s"
	if d.DecayRate != 0 {
		text += " * exp(-" + number(d.DecayRate) + " t)"
	}
	return text
}
