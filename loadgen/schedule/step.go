// SPDX-License-Identifier: Apache-2.0

package schedule

import (
	"fmt"
	"math"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/internal/invalid"
)

func stepKind() Kind {
	var s Step
	return Kind{Name: "step", Curve: "a staircase", fields: s.fields(), other: "rates=10/20/30, every",
		read: func(a *arguments) Shape {
			if a.has("rates") {
				return readSteps(a)
			}
			a.fill(s.fields())
			return s
		}}
}

// Step is a staircase of equal steps:
//
//	lambda(t) = max(0, From + By * k)    with k = floor(t / Every)
//
// It goes on for as long as it is asked for; with a negative By it ends at 0.
// [Steps] is a staircase with steps of its own choosing.
type Step struct {
	From  float64       // requests per second of the first step, from 0 to MaxRate
	By    float64       // change from step to step, from -MaxRate to MaxRate
	Every time.Duration // length of a step
}

// Rate returns lambda(t) in requests per second.
func (s Step) Rate(t float64) float64 { return s.rateOf(math.Floor(t / s.Every.Seconds())) }

// rateOf returns the rate of step k, counted from 0.
func (s Step) rateOf(k float64) float64 { return max(0, s.From+s.By*k) }

// massOf returns Lambda at the start of step k: an arithmetic series.
func (s Step) massOf(k float64) float64 {
	k = min(k, s.count())
	return s.Every.Seconds() * k * (s.From + s.By*(k-1)/2)
}

// count returns how many steps have a rate above 0.
func (s Step) count() float64 {
	switch {
	case s.By < 0:
		return math.Ceil(s.From / -s.By)
	case s.From == 0 && s.By == 0:
		return 0
	}
	return math.Inf(1)
}

// Cumulative returns Lambda(t).
func (s Step) Cumulative(t float64) float64 {
	every := s.Every.Seconds()
	k := math.Floor(t / every)
	return s.massOf(k) + s.rateOf(k)*(t-k*every)
}

// Inverse returns t with Lambda(t) = mass. The step it falls into is a root of
// the arithmetic series; where rounding misses it by one, the mass is that of the
// edge between two steps and so is the time returned.
func (s Step) Inverse(mass float64) float64 {
	if mass <= 0 {
		return 0
	}
	last := s.count() - 1
	if last < 0 || !math.IsInf(last, 1) && mass > s.massOf(last+1) {
		return math.Inf(1)
	}
	k := min(math.Floor(s.stepAt(mass/s.Every.Seconds())), last)
	every := s.Every.Seconds()
	return k*every + min(atConstantRate(s.rateOf(k), mass-s.massOf(k)), every)
}

// stepAt solves k * (From + By*(k-1)/2) = sum for k >= 0.
func (s Step) stepAt(sum float64) float64 {
	b := s.From - s.By/2
	root := math.Sqrt(max(b*b+2*s.By*sum, 0))
	if b >= 0 {
		return 2 * sum / (b + root)
	}
	return (root - b) / s.By // b < 0 needs By > 0
}

func (s *Step) fields() []field {
	return []field{
		rateField("from", &s.From),
		{name: "by", number: &s.By, remedy: func() string {
			return unless(finite(s.By) && math.Abs(s.By) <= MaxRate,
				fmt.Sprintf("must be from -%s to %[1]s requests per second, for example 10", number(MaxRate)))
		}},
		lengthField("every", &s.Every),
	}
}

// Validate lists every parameter out of range.
func (s Step) Validate() error { return outOfRange(s.fields()...).Err() }

// validateFor refuses steps that climb beyond MaxRate in the time they have.
func (s Step) validateFor(duration time.Duration) error {
	var problems invalid.Values
	steps := math.Floor(float64(duration-1) / float64(s.Every))
	if top := s.rateOf(steps); top > MaxRate {
		problems.Add("by", number(s.By), "reaches %s requests per second within %s, must stay below %s: make it smaller, or every longer",
			number(top), duration, number(MaxRate))
	}
	return problems.Err()
}

// Kind returns "step".
func (Step) Kind() string { return "step" }

// Parameters returns from, by and every.
func (s Step) Parameters() []Parameter { return valuesOf(s.fields()) }

// Describe names the first rate, the change and how often it comes.
func (s Step) Describe(time.Duration) string {
	sign := "+"
	if math.Signbit(s.By) {
		sign = ""
	}
	return "from " + number(s.From) + "/s, " + sign + number(s.By) + "/s every " + secondsText(s.Every) + " s"
}
