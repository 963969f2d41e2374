// SPDX-License-Identifier: Apache-2.0

// Package schedule says when requests are due. It knows no clock and no
// network: a [Profile] is a rate curve, and [Poisson] turns a curve, a duration
// and a seed into the same list of send times on every call.
//
//	s, err := schedule.NewPoisson(schedule.Decay{ArrivalRate: 20, DecayRate: 0.02}, 500*time.Second, 42)
//	for at := range s.Arrivals() {
//		// a request is due at start + at
//	}
package schedule

import (
	"errors"
	"math"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/internal/invalid"
)

// MaxDuration bounds a schedule; a year is beyond any use and far below the
// range of [time.Duration].
const MaxDuration = 365 * 24 * time.Hour

// Profile is a rate curve lambda(t) of a Poisson process, t in seconds since the
// start of a run. Implementations are immutable values, safe for concurrent use.
type Profile interface {
	// Rate returns lambda(t) in requests per second.
	Rate(t float64) float64
	// Cumulative returns Lambda(t), the integral of the rate over [0, t]: the
	// expected number of requests up to t.
	Cumulative(t float64) float64
	// Inverse returns the earliest t with Lambda(t) = mass, or +Inf when the
	// whole curve holds less than that.
	Inverse(mass float64) float64
	// Validate returns one error that lists every parameter out of range.
	Validate() error
}

// problemsOf returns the list inside a Validate error, so that several lists
// can be joined into one message.
func problemsOf(err error) invalid.Values {
	var list invalid.Values
	if err != nil && !errors.As(err, &list) {
		list.Add("profile", "", "%v", err)
	}
	return list
}

func validateDuration(d time.Duration) invalid.Values {
	var problems invalid.Values
	if d <= 0 || d > MaxDuration {
		problems.Add("duration", d.String(), "must be above 0 and at most %s, for example 500s", MaxDuration)
	}
	return problems
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
