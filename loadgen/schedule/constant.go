// SPDX-License-Identifier: Apache-2.0

package schedule

import (
	"math"
	"time"
)

// Constant is a constant rate:
//
//	lambda(t) = ArrivalRate
//	Lambda(t) = ArrivalRate * t
//
// A rate of 0 is a pause between other segments.
type Constant struct {
	ArrivalRate float64 // requests per second, from 0 to MaxRate
}

// Rate returns lambda(t) in requests per second.
func (c Constant) Rate(float64) float64 { return c.ArrivalRate }

// Cumulative returns Lambda(t).
func (c Constant) Cumulative(t float64) float64 { return c.ArrivalRate * t }

// Inverse returns mass / ArrivalRate.
func (c Constant) Inverse(mass float64) float64 { return atConstantRate(c.ArrivalRate, mass) }

func (c Constant) kind() Kind {
	fields := []field{rateField("rate", &c.ArrivalRate)}
	return Kind{Name: "constant", Curve: "always the same; 0 is a pause", fields: fields,
		read: func(a *arguments) Shape { a.fill(fields); return c }}
}

// Validate refuses a rate that is not a finite number in range.
func (c Constant) Validate() error { return outOfRange(c.kind().fields...).Err() }

// Describe names the rate.
func (c Constant) Describe(time.Duration) string { return number(c.ArrivalRate) + "/s" }

// atConstantRate returns how long a constant rate takes to yield mass: 0 for a
// mass of 0, else +Inf for a rate of 0.
func atConstantRate(rate, mass float64) float64 {
	if mass <= 0 {
		return 0
	}
	if rate <= 0 {
		return math.Inf(1)
	}
	return mass / rate
}
