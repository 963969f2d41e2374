// SPDX-License-Identifier: Apache-2.0

package suite

import (
	"context"
	"fmt"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/engine"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/measure"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/schedule"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/budget"
)

// Seed makes every run send the same load, so that a failure can be repeated.
const Seed = 1

// Load is open-loop Poisson arrivals at an exponentially decaying rate.
type Load struct {
	Path        string
	ArrivalRate float64 // requests per second at the start
	DecayRate   float64 // per second
}

// Running is load being sent.
type Running struct {
	S      *Suite
	Cancel context.CancelFunc
	Done   chan struct{} // closed when Result and Err are set
	Result *measure.Result
	Err    error
}

// StartLoad sends load to the ingress for the length given, or until it is
// stopped or the test ends.
func (s *Suite) StartLoad(l Load, length time.Duration) *Running {
	s.T.Helper()
	return s.StartProfile(l.Path, schedule.Decay{ArrivalRate: l.ArrivalRate, DecayRate: l.DecayRate}, length)
}

// StartProfile is StartLoad for any rate curve, to a path with or without a
// query.
func (s *Suite) StartProfile(path string, profile schedule.Profile, length time.Duration) *Running {
	s.T.Helper()
	return s.StartRun(engine.Config{Target: s.Env.HTTPURL + path, Timeout: budget.Answer}, profile, length, Seed)
}

// StartRun is StartProfile for any configuration and seed; it fills in the
// schedule.
func (s *Suite) StartRun(config engine.Config, profile schedule.Profile, length time.Duration, seed uint64) *Running {
	s.T.Helper()
	arrivals, err := schedule.NewPoisson(profile, length, seed)
	if err != nil {
		s.T.Fatal(err)
	}
	config.Schedule = arrivals
	return s.startConfig(config, profile)
}

// StartEven sends requests to an address at equal intervals, so that the load
// itself never changes the number of replicas.
func (s *Suite) StartEven(target string, rate float64, length time.Duration) *Running {
	s.T.Helper()
	profile := schedule.Constant{ArrivalRate: rate}
	arrivals, err := schedule.NewEven(profile, length)
	if err != nil {
		s.T.Fatal(err)
	}
	return s.startConfig(engine.Config{Target: target, Timeout: budget.Answer, Schedule: arrivals}, profile)
}

// startConfig sends the load of a configuration.
func (s *Suite) startConfig(config engine.Config, profile schedule.Profile) *Running {
	s.T.Helper()
	ctx, cancel := context.WithCancel(s.Ctx)
	r := &Running{S: s, Cancel: cancel, Done: make(chan struct{})}
	s.T.Logf("sending %v to %s for up to %s", profile, config.Target, config.Schedule.Duration())
	go func() {
		defer close(r.Done)
		r.Result, r.Err = engine.Run(ctx, config)
	}()
	s.T.Cleanup(func() { cancel(); <-r.Done })
	return r
}

// Finish ends the load that a test no longer needs: at once, or with FULL=1 when
// it is over.
func (r *Running) Finish() {
	r.S.T.Helper()
	if Shared.Full {
		r.Wait()
	} else {
		r.Stop()
	}
}

// Stop ends the load and returns how many requests succeeded. It fails the test
// unless every request that was due was sent and succeeded: docs/lossless.md says
// why none may be lost.
func (r *Running) Stop() int64 {
	r.S.T.Helper()
	r.Cancel()
	return r.Wait()
}

// Wait lets the load run to its end, then checks it as Stop does.
func (r *Running) Wait() int64 {
	r.S.T.Helper()
	<-r.Done
	if r.Err != nil {
		r.S.T.Fatal(r.Err)
	}
	r.S.T.Logf("sent %d requests in %s, %d succeeded", r.Result.Sent, r.Result.Window, r.Result.Succeeded)
	if r.Result.Dropped > 0 {
		r.S.T.Errorf("load on %s: %d requests could not be sent", r.Result.Target, r.Result.Dropped)
	}
	if lost := r.Result.Sent - r.Result.Succeeded; lost > 0 {
		r.S.T.Errorf("%d of %d requests had no good answer: %v", lost, r.Result.Sent, r.Result.Err())
	}
	if r.Result.Succeeded == 0 {
		r.S.T.Errorf("load on %s: no request was answered", r.Result.Target)
	}
	return r.Result.Succeeded
}

// fullLoad is how long the load of the original guide runs.
const fullLoad = 500 * time.Second

// fullLength parses FULL, which makes loads run for their whole length instead of
// only as long as a test needs them.
func fullLength(value string) (bool, error) {
	switch value {
	case "", "0":
		return false, nil
	case "1":
		return true, nil
	}
	return false, fmt.Errorf("FULL=%q: use FULL=1 for loads of %s, or leave it unset", value, fullLoad)
}

// LoadLength is how long a load may run: the short time, or with FULL=1 its whole
// length.
func LoadLength(short time.Duration) time.Duration {
	if Shared.Full {
		return fullLoad
	}
	return short
}

// Flood is load that wants far more than the maximum number of replicas.
func Flood(path string) Load {
	return Load{Path: path, ArrivalRate: Shared.Budget.Flood(), DecayRate: 0.001}
}
