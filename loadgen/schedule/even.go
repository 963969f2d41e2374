// SPDX-License-Identifier: Apache-2.0

package schedule

import (
	"iter"
	"time"
)

// Even sends at a rate curve without any chance: the n-th request is due when
// the curve holds n requests. It is for what must not depend on luck, such as
// whether a fault changes the number of replicas; real users come like
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
