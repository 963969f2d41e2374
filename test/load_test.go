// SPDX-License-Identifier: Apache-2.0

package test

import (
	"context"
	"fmt"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/engine"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/schedule"
)

// seed makes every run send the same load, so that a failure can be repeated.
const seed = 1

// load is Poisson arrivals in an open loop; its rate falls exponentially.
type load struct {
	path        string
	arrivalRate float64 // requests per second at the start
	decayRate   float64 // per second
}

// running is load being sent.
type running struct {
	s      *suite
	cancel context.CancelFunc
	done   chan struct{} // closed when result and err are there
	result *engine.Result
	err    error
}

// startLoad sends load to the ingress for the length given, or until it is
// stopped or the test ends.
func (s *suite) startLoad(l load, length time.Duration) *running {
	s.t.Helper()
	return s.startProfile(l.path, schedule.Decay{ArrivalRate: l.arrivalRate, DecayRate: l.decayRate}, length)
}

// startProfile is startLoad for any rate curve, to a path with or without a
// query.
func (s *suite) startProfile(path string, profile schedule.Profile, length time.Duration) *running {
	s.t.Helper()
	return s.startRun(engine.Config{Target: s.env.HTTPURL + path, Timeout: answer}, profile, length, seed)
}

// startRun is startProfile for any configuration and seed; it fills in the
// schedule.
func (s *suite) startRun(config engine.Config, profile schedule.Profile, length time.Duration, seed uint64) *running {
	s.t.Helper()
	arrivals, err := schedule.NewPoisson(profile, length, seed)
	if err != nil {
		s.t.Fatal(err)
	}
	config.Schedule = arrivals
	return s.startConfig(config, profile)
}

// startEven sends requests at even distances: at a steady rate nothing but what
// happens meanwhile can change the number of replicas.
func (s *suite) startEven(path string, rate float64, length time.Duration) *running {
	s.t.Helper()
	profile := schedule.Constant{ArrivalRate: rate}
	arrivals, err := schedule.NewEven(profile, length)
	if err != nil {
		s.t.Fatal(err)
	}
	return s.startConfig(engine.Config{Target: s.env.HTTPURL + path, Timeout: answer, Schedule: arrivals}, profile)
}

// startConfig sends what a configuration says.
func (s *suite) startConfig(config engine.Config, profile schedule.Profile) *running {
	s.t.Helper()
	ctx, cancel := context.WithCancel(s.ctx)
	r := &running{s: s, cancel: cancel, done: make(chan struct{})}
	s.t.Logf("sending %v to %s for up to %s", profile, config.Target, config.Schedule.Duration())
	go func() {
		defer close(r.done)
		r.result, r.err = engine.Run(ctx, config)
	}()
	s.t.Cleanup(func() { cancel(); <-r.done })
	return r
}

// finish ends the load once it has shown what it should: now, or at full length
// when it is over.
func (r *running) finish() {
	r.s.t.Helper()
	if shared.full {
		r.wait()
	} else {
		r.stop()
	}
}

// stop ends the load and returns how many requests were answered. Every one
// that was due must have been sent, and answered with success: docs/lossless.md
// says why none may be lost, whatever happens meanwhile.
func (r *running) stop() int64 {
	r.s.t.Helper()
	r.cancel()
	return r.wait()
}

// wait lets the load run to its end and then does what stop does.
func (r *running) wait() int64 {
	r.s.t.Helper()
	<-r.done
	if r.err != nil {
		r.s.t.Fatal(r.err)
	}
	r.s.t.Logf("sent %d requests in %s, %d answered with success", r.result.Sent, r.result.Window, r.result.Succeeded)
	if r.result.Dropped > 0 {
		r.s.t.Errorf("load on %s: %d requests could not be sent", r.result.Target, r.result.Dropped)
	}
	if lost := r.result.Sent - r.result.Succeeded; lost > 0 {
		r.s.t.Errorf("%d of %d requests had no good answer: %v", lost, r.result.Sent, r.result.Err())
	}
	if r.result.Succeeded == 0 {
		r.s.t.Errorf("load on %s: no request was answered", r.result.Target)
	}
	return r.result.Succeeded
}

// fullLoad is how long the load of the original guide runs.
const fullLoad = 500 * time.Second

// fullLength reads the switch for loads that run for their whole length instead
// of until they have shown what they should.
func fullLength(value string) (bool, error) {
	switch value {
	case "", "0":
		return false, nil
	case "1":
		return true, nil
	}
	return false, fmt.Errorf("FULL=%q: use FULL=1 for loads of %s, or leave it unset", value, fullLoad)
}

// loadLength is how long a load may run: the short time, or its whole length.
func loadLength(short time.Duration) time.Duration {
	if shared.full {
		return fullLoad
	}
	return short
}

// flood is load that wants more than all replicas, by far.
func flood(path string) load {
	return load{path: path, arrivalRate: shared.budget.flood(), decayRate: 0.001}
}
