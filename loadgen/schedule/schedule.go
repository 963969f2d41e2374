// SPDX-License-Identifier: Apache-2.0

// Package schedule says when requests are due. It uses neither clock nor
// network: a [Profile] is a rate curve, a [Sequence] joins several, each with a
// duration, and [Poisson] turns a curve and a seed into the same list of send
// times on every call.
//
//	plan, err := schedule.Parse("ramp:from=1,to=50,duration=60; constant:rate=50,duration=2m")
//	arrivals, err := schedule.NewPoisson(plan, plan.Duration(), 42)
//	for at := range arrivals.Arrivals() {
//		// a request is due at start + at
//	}
//
// [Kinds] lists the profiles with their parameters. Rates are requests per
// second, times seconds or Go durations such as 1m30s. Every profile takes a
// duration: see [Parse].
package schedule

import (
	"errors"
	"math"
	"strconv"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/internal/invalid"
)

// Limits. Anything beyond them is a typing error.
const (
	// MaxRate bounds every rate. No single process reaches it in requests per
	// second, and such a decay rate ends the load in a microsecond.
	MaxRate = 1e6
	// MaxDuration bounds a schedule and all times in it; a year is longer than
	// any use and far below the range of [time.Duration].
	MaxDuration = 365 * 24 * time.Hour
)

// Profile is a rate curve lambda(t) of a Poisson process, t in seconds since the
// start of a run, t >= 0. Implementations are immutable values, safe for
// concurrent use.
type Profile interface {
	// Rate returns lambda(t) in requests per second.
	Rate(t float64) float64
	// Cumulative returns Lambda(t), the integral of the rate over [0, t]: the
	// expected number of requests up to t.
	Cumulative(t float64) float64
	// Inverse returns the earliest t with Lambda(t) = mass, or +Inf if Lambda
	// never reaches it.
	Inverse(mass float64) float64
	// Validate returns one error that lists every parameter out of range.
	Validate() error
}

// Shape is a [Profile] of one of the [Kinds]: every profile except [Sequence].
type Shape interface {
	Profile
	// Describe says in a few words what the rate does within a duration.
	Describe(duration time.Duration) string
	kind() Kind
}

// Parameter is a named number of a [Shape]; times are seconds.
type Parameter struct {
	Name  string // as in the text form, such as "arrival_rate"
	Value float64
}

// Point is a rate at a time. [Steps] and [Trace] consist of them.
type Point struct {
	Second float64 // since the start of the segment
	Rate   float64 // requests per second
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

func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
