// SPDX-License-Identifier: Apache-2.0

package schedule

import (
	"math"
	"time"
)

// Ramp is a rate that changes linearly and then stays:
//
//	lambda(t) = From + (To - From) * t / Over    for t < Over
//	lambda(t) = To                               after that
//
// The integral is a parabola, whose inverse is the root of a quadratic equation.
type Ramp struct {
	From, To float64       // requests per second, from 0 to MaxRate
	Over     time.Duration // how long the change takes; in Parse, the default is the segment's duration
}

func (r Ramp) slope() float64 { return (r.To - r.From) / r.Over.Seconds() }

// Rate returns lambda(t) in requests per second.
func (r Ramp) Rate(t float64) float64 {
	over := r.Over.Seconds()
	if t >= over {
		return r.To
	}
	return r.From + (r.To-r.From)*(t/over)
}

// Cumulative returns Lambda(t).
func (r Ramp) Cumulative(t float64) float64 {
	over := r.Over.Seconds()
	if t >= over {
		return (r.From+r.To)/2*over + r.To*(t-over)
	}
	return linearMass(r.From, r.slope(), t)
}

// Inverse returns t with Lambda(t) = mass, in closed form.
func (r Ramp) Inverse(mass float64) float64 {
	over := r.Over.Seconds()
	if whole := (r.From + r.To) / 2 * over; mass > whole {
		return over + atConstantRate(r.To, mass-whole)
	}
	return min(atLinearRate(r.From, r.slope(), mass), over)
}

func (r Ramp) kind() Kind {
	fields := []field{rateField("from", &r.From), rateField("to", &r.To), lengthField("over", &r.Over).or("the duration")}
	return Kind{Name: "ramp", Curve: "a straight line, then level", fields: fields,
		read: func(a *arguments) Shape {
			a.fill(fields[:2])
			r.Over = a.duration()
			a.fill(fields[2:])
			return r
		}}
}

// Validate lists every parameter out of range.
func (r Ramp) Validate() error { return outOfRange(r.kind().fields...).Err() }

// Describe names both rates, and the time between them unless it is the
// duration.
func (r Ramp) Describe(duration time.Duration) string {
	text := "from " + number(r.From) + "/s to " + number(r.To) + "/s"
	if r.Over != duration {
		text += " over " + secondsText(r.Over) + " s"
	}
	return text
}

// linearMass is the integral of from + slope*x over [0, t].
func linearMass(from, slope, t float64) float64 { return t * (from + slope*t/2) }

// atLinearRate returns the smaller t >= 0 at which linearMass reaches mass. The
// usual formula for the root of a quadratic equation would subtract two nearly
// equal numbers when slope is small; this form of the same root avoids that.
func atLinearRate(from, slope, mass float64) float64 {
	if mass <= 0 {
		return 0
	}
	// Rounding may take the root's argument just below 0 where a falling rate
	// reaches 0.
	denominator := from + math.Sqrt(max(from*from+2*slope*mass, 0))
	if denominator <= 0 {
		return math.Inf(1)
	}
	return 2 * mass / denominator
}
