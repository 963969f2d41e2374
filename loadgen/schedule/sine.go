// SPDX-License-Identifier: Apache-2.0

package schedule

import (
	"fmt"
	"math"
	"time"
)

// Sine is a rate that swings about its mean, with w = 2*pi / Period:
//
//	lambda(t) = Mean + Amplitude * sin(w*t + Phase)
//	Lambda(t) = Mean * t + Amplitude / w * (cos(Phase) - cos(w*t + Phase))
//
// With Phase 0 it starts at the mean and rises; with pi/2 it starts at the top,
// with -pi/2 at the bottom.
type Sine struct {
	Mean      float64       // requests per second, from 0 to MaxRate
	Amplitude float64       // requests per second, from 0 to Mean: a rate is never negative
	Period    time.Duration // from top to top
	Phase     float64       // radians
}

func (s Sine) frequency() float64 { return 2 * math.Pi / s.Period.Seconds() }

// Rate returns lambda(t) in requests per second.
func (s Sine) Rate(t float64) float64 {
	return max(0, s.Mean+s.Amplitude*math.Sin(s.frequency()*t+s.Phase))
}

// Cumulative returns Lambda(t). The difference of cosines is written as a
// product, which does not cancel digits for a small t.
func (s Sine) Cumulative(t float64) float64 {
	w := s.frequency()
	half := w * t / 2
	return s.Mean*t + s.Amplitude/w*2*math.Sin(s.Phase+half)*math.Sin(half)
}

// Inverse returns t with Lambda(t) = mass. With E = w*t + Phase + pi/2 that is
// Kepler's equation M = E - e*sin(E) of the eccentricity e = Amplitude/Mean; it
// has no closed solution and is solved numerically to double precision.
func (s Sine) Inverse(mass float64) float64 {
	switch {
	case mass <= 0:
		return 0
	case s.Mean == 0:
		return math.Inf(1)
	}
	w, e := s.frequency(), s.Amplitude/s.Mean
	m := w*mass/s.Mean + s.Phase + math.Pi/2 - e*math.Cos(s.Phase)
	return max(0, (kepler(m, e)-s.Phase-math.Pi/2)/w)
}

// kepler solves m = E - e*sin(E) for E, with 0 <= e <= 1. It iterates Halley's
// method from the starting value of J. M. A. Danby (Fundamentals of Celestial
// Mechanics, 2nd edition 1988) and falls back on bisection whenever a step leaves
// the bracket, so it always converges, also where e = 1 makes the derivative
// vanish.
func kepler(m, e float64) float64 {
	turns := math.Round(m / (2 * math.Pi))
	reduced := m - turns*2*math.Pi
	sign := 1.0
	if reduced < 0 { // the equation is odd
		reduced, sign = -reduced, -1
	}
	low, high := reduced, reduced+e
	x := reduced + 0.85*e
	for range 64 {
		sin, cos := math.Sincos(x)
		f := x - e*sin - reduced
		if f > 0 {
			high = x
		} else {
			low = x
		}
		slope, bend := 1-e*cos, e*sin
		next := x - f/(slope-f*bend/(2*slope))
		inside := next >= low && next <= high // false if next is NaN
		if !inside {
			next = low + (high-low)/2
		}
		step := math.Abs(next - x)
		x = next
		// The error left is below step^3/slope^2, because Halley's method
		// converges cubically. Where slope vanishes, the step itself must.
		if inside && step*step*step <= 1e-16*slope*slope || step <= 1e-16*x {
			break
		}
	}
	return turns*2*math.Pi + sign*x
}

// maxPhase leaves room for more turns than anybody writes by hand.
const maxPhase = 1000

func (s Sine) kind() Kind {
	fields := []field{
		rateField("mean", &s.Mean),
		{name: "amplitude", number: &s.Amplitude, remedy: func() string {
			inRange := finite(s.Amplitude) && s.Amplitude >= 0 && s.Amplitude <= MaxRate
			return unless(inRange && !(finite(s.Mean) && s.Amplitude > s.Mean),
				"must be from 0 to the mean ("+number(s.Mean)+"), because a rate is never negative")
		}},
		lengthField("period", &s.Period),
		field{name: "phase", number: &s.Phase, remedy: func() string {
			return unless(finite(s.Phase) && math.Abs(s.Phase) <= maxPhase,
				fmt.Sprintf("must be radians from -%d to %[1]d, for example 1.5708 to start at the top", maxPhase))
		}}.or("0"),
	}
	return Kind{Name: "sine", Curve: "swings about its mean", fields: fields,
		read: func(a *arguments) Shape { a.fill(fields); return s }}
}

// Validate lists every parameter out of range.
func (s Sine) Validate() error { return outOfRange(s.kind().fields...).Err() }

// Describe names mean, amplitude and period.
func (s Sine) Describe(time.Duration) string {
	return fmt.Sprintf("%s/s +- %s/s every %s s", number(s.Mean), number(s.Amplitude), secondsText(s.Period))
}
