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

// Step is a staircase of equal steps:
//
//	lambda(t) = max(0, From + By * k)    with k = floor(t / Every)
//
// It has no end; with a negative By the rate falls to 0 and stays there.
// [Steps] takes the rate of each step instead.
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

func (s Step) kind() Kind {
	fields := []field{
		rateField("from", &s.From),
		{name: "by", number: &s.By, remedy: func() string {
			return unless(finite(s.By) && math.Abs(s.By) <= MaxRate,
				fmt.Sprintf("must be from -%s to %[1]s requests per second, for example 10", number(MaxRate)))
		}},
		lengthField("every", &s.Every),
	}
	return Kind{Name: "step", Curve: "a staircase", fields: fields, other: "rates=10/20/30, every",
		read: func(a *arguments) Shape {
			if a.has("rates") {
				return readSteps(a)
			}
			a.fill(fields)
			return s
		}}
}

// Validate lists every parameter out of range.
func (s Step) Validate() error { return outOfRange(s.kind().fields...).Err() }

// validateFor refuses steps that climb beyond MaxRate within the duration.
func (s Step) validateFor(duration time.Duration) error {
	var problems invalid.Values
	steps := math.Floor(float64(duration-1) / float64(s.Every))
	if top := s.rateOf(steps); top > MaxRate {
		problems.Add("by", number(s.By), "reaches %s requests per second within %s, must stay below %s: make it smaller, or every longer",
			number(top), duration, number(MaxRate))
	}
	return problems.Err()
}

// Describe names the first rate, the change and the time between changes.
func (s Step) Describe(time.Duration) string {
	sign := "+"
	if math.Signbit(s.By) {
		sign = ""
	}
	return "from " + number(s.From) + "/s, " + sign + number(s.By) + "/s every " + secondsText(s.Every) + " s"
}

// MaxPoints bounds the length of a list of rates and of a trace: a day in
// seconds fits.
const MaxPoints = 100_000

// Steps is a staircase of given rates, each held for the same time; the last
// one has no end. The zero value is not usable: use [NewSteps].
type Steps struct {
	every  time.Duration
	rates  []float64
	pieces pieces
}

// NewSteps returns the staircase. The error lists every value out of range.
func NewSteps(every time.Duration, rates ...float64) (*Steps, error) {
	problems := outOfRange(lengthField("every", &every))
	if len(rates) == 0 || len(rates) > MaxPoints {
		problems.Add("rates", strconv.Itoa(len(rates))+" values", "must be from 1 to %d rates, for example 10/20/30", MaxPoints)
	}
	for i, rate := range rates {
		problems = append(problems, outOfRange(rateField(fmt.Sprintf("rates, number %d", i+1), &rate))...)
	}
	if len(problems) == 0 && every > MaxDuration/time.Duration(len(rates)) {
		problems.Add("every", every.String(), "must be at most %s, or %d steps last longer than %s",
			MaxDuration/time.Duration(len(rates)), len(rates), MaxDuration)
	}
	if err := problems.Err(); err != nil {
		return nil, err
	}
	s := &Steps{every: every, rates: slices.Clone(rates)}
	for i, rate := range rates {
		s.pieces.add((time.Duration(i) * every).Seconds(), rate, 0)
	}
	return s, nil
}

// Rate returns lambda(t) in requests per second.
func (s *Steps) Rate(t float64) float64 { return s.pieces.rate(t) }

// Cumulative returns Lambda(t).
func (s *Steps) Cumulative(t float64) float64 { return s.pieces.cumulative(t) }

// Inverse returns t with Lambda(t) = mass: a search for the step, then a
// division.
func (s *Steps) Inverse(mass float64) float64 { return s.pieces.inverse(mass) }

// Validate returns nil: NewSteps has validated the values.
func (s *Steps) Validate() error { return nil }

// Points returns the start of each step with its rate.
func (s *Steps) Points() []Point {
	points := make([]Point, len(s.rates))
	for i, rate := range s.rates {
		points[i] = Point{Second: s.pieces.start[i], Rate: rate}
	}
	return points
}

// Describe names the first and the last rate.
func (s *Steps) Describe(time.Duration) string {
	return fmt.Sprintf("%d rates from %s/s to %s/s, %s s each", len(s.rates), number(s.rates[0]), number(s.rates[len(s.rates)-1]), secondsText(s.every))
}

func (s *Steps) kind() Kind {
	return Kind{Name: "step", fields: []field{lengthField("every", &s.every)}}
}

func (s *Steps) list() (name, value string) { return "rates", joined(s.rates, number) }

// readSteps reads the form of step that lists its rates.
func readSteps(a *arguments) Shape {
	a.alone = 0
	text, _ := a.value("rates")
	var rates []float64
	for field := range strings.SplitSeq(text, "/") {
		rates = append(rates, a.parseNumber("rates", strings.TrimSpace(field)))
	}
	var every time.Duration
	a.fill([]field{lengthField("every", &every)})
	if len(a.problems) > 0 {
		return nil
	}
	steps, err := NewSteps(every, rates...)
	if err != nil {
		a.keep(err)
		return nil
	}
	return steps
}

// Length returns how long all steps take.
func (s *Steps) Length() time.Duration { return time.Duration(len(s.rates)) * s.every }
