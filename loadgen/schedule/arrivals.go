// SPDX-License-Identifier: Apache-2.0

package schedule

import (
	"iter"
	"math/rand/v2"
	"time"
)

// Poisson is a non-homogeneous Poisson process on [0, duration). It is
// immutable and safe for concurrent use; every call of Arrivals replays it.
//
// Arrivals are drawn by exact inversion of the cumulative rate: if S1, S2, ...
// are the arrivals of a Poisson process of rate 1, then Lambda^-1(S1),
// Lambda^-1(S2), ... are those of a process of rate lambda(t). Source: E. Çinlar,
// Introduction to Stochastic Processes, Prentice-Hall 1975, chapter 4
// (non-stationary Poisson processes). An inverse without a closed form is
// computed numerically, to double precision. Thinning (P. A. W. Lewis and G. S.
// Shedler, Simulation of nonhomogeneous Poisson processes by thinning, Naval
// Research Logistics Quarterly 26, 1979), the exact alternative without an
// inverse, would draw up to twice as many random numbers for such a curve, and
// a seed's arrivals at one scale would have nothing in common with those at
// another.
type Poisson struct {
	profile  Profile
	duration time.Duration
	seed     uint64
}

// NewPoisson returns the process with the given rate curve. The error lists
// every parameter of the profile, and the duration, that is out of range.
func NewPoisson(profile Profile, duration time.Duration, seed uint64) (*Poisson, error) {
	problems := append(problemsOf(profile.Validate()), validateDuration(duration)...)
	if err := problems.Err(); err != nil {
		return nil, err
	}
	return &Poisson{profile: profile, duration: duration, seed: seed}, nil
}

// Arrivals yields the send times as offsets from the start of a run, never
// decreasing, all in [0, Duration). The sequence may end long before Duration:
// the expected total of a falling curve is finite.
func (p *Poisson) Arrivals() iter.Seq[time.Duration] {
	return func(yield func(time.Duration) bool) {
		// The second word only separates this stream from other uses of a seed.
		random := rand.New(rand.NewPCG(p.seed, 0x706f6973736f6e))
		end, last := p.duration.Seconds(), time.Duration(0)
		for mass := random.ExpFloat64(); ; mass += random.ExpFloat64() {
			t := p.profile.Inverse(mass)
			if t >= end { // +Inf included, which a Duration cannot hold
				return
			}
			// Rounding must not swap two neighbouring arrivals, nor move one to
			// the end.
			last = min(max(last, time.Duration(t*float64(time.Second))), p.duration-1)
			if !yield(last) {
				return
			}
		}
	}
}

// Duration returns how long the process runs.
func (p *Poisson) Duration() time.Duration { return p.duration }

// Even follows a rate curve without randomness: the n-th request is due when
// Lambda reaches n. It is for tests that must not depend on chance, such as
// whether a fault changes the number of replicas; real users arrive like
// [Poisson]. It is immutable and safe for concurrent use.
type Even struct {
	profile  Profile
	duration time.Duration
}

// NewEven returns the arrivals of the given rate curve. The error lists every
// parameter of the profile, and the duration, that is out of range.
func NewEven(profile Profile, duration time.Duration) (*Even, error) {
	problems := append(problemsOf(profile.Validate()), validateDuration(duration)...)
	if err := problems.Err(); err != nil {
		return nil, err
	}
	return &Even{profile: profile, duration: duration}, nil
}

// Arrivals yields the send times as offsets from the start of a run, never
// decreasing, all in [0, Duration).
func (e *Even) Arrivals() iter.Seq[time.Duration] {
	return func(yield func(time.Duration) bool) {
		end := e.duration.Seconds()
		for n := 1; ; n++ {
			t := e.profile.Inverse(float64(n))
			if t >= end { // +Inf included, which a Duration cannot hold
				return
			}
			if !yield(time.Duration(t * float64(time.Second))) {
				return
			}
		}
	}
}

// Duration returns how long the arrivals go on.
func (e *Even) Duration() time.Duration { return e.duration }
