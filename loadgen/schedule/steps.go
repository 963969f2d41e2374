// SPDX-License-Identifier: Apache-2.0

package schedule

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// MaxPoints bounds the length of a list of rates and of a trace: a day in
// seconds fits.
const MaxPoints = 100_000

// Steps is a staircase of given rates, each held for the same time; the last one
// is held for good. The zero value is of no use: see [NewSteps].
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

// Validate finds nothing: NewSteps has.
func (s *Steps) Validate() error { return nil }

// Kind returns "step".
func (*Steps) Kind() string { return "step" }

// Parameters returns every.
func (s *Steps) Parameters() []Parameter { return []Parameter{{"every", inSeconds(s.every)}} }

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
