// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"sync"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/measure"
)

// Run sends the requests of cfg.Schedule to cfg.Target and returns their
// outcomes. It takes the schedule's full duration, even without arrivals
// towards the end, plus the wait for the last answers, which cfg.Timeout
// bounds.
//
// Cancelling ctx ends a run early: no further request is sent, those in flight
// are still awaited, and the result, marked Interrupted, covers what ran. Run
// does not return an error for that. Its only error is that of
// [Config.Validate], before anything is sent; [measure.Result.Err] reports
// requests that were dropped or failed.
func Run(ctx context.Context, cfg Config) (*measure.Result, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	r, err := newRun(cfg.withDefaults())
	if err != nil {
		return nil, err
	}
	defer r.expire()()
	stopObserving := r.observe()
	cutShort := r.offerAll(ctx)
	window := time.Since(r.start)

	r.client.drain()
	elapsed := time.Since(r.start)
	stopObserving()
	return r.recorder.result(measure.Result{
		Target:      cfg.Target,
		Host:        cfg.Host,
		StartedAt:   r.start,
		Interrupted: cutShort,
		Window:      window,
		Elapsed:     elapsed,
	}), nil
}

// run is the state of one Run.
type run struct {
	cfg      Config
	start    time.Time
	client   *client
	recorder *recorder
}

func newRun(cfg Config) (*run, error) {
	r := &run{cfg: cfg}
	var err error
	r.client, err = newClient(cfg, func(o outcome) { r.recorder.finish(o) })
	if err != nil {
		return nil, err
	}
	r.start = time.Now()
	r.recorder = newRecorder(r.start, cfg.MaxInFlight)
	return r, nil
}

// expire starts timing out requests and returns a function that ends it.
func (r *run) expire() (stop func()) {
	// Requests outlive the cancellation of a run: they have their own timeout.
	ctx, cancel := context.WithCancel(context.Background())
	var expiring sync.WaitGroup
	expiring.Go(func() { r.client.expire(ctx) })
	return func() { cancel(); expiring.Wait() }
}

// offerAll sends each request when it is due and reports whether ctx ended the
// run before its duration.
func (r *run) offerAll(ctx context.Context) (cutShort bool) {
	wait := newWaiter(ctx)
	defer wait.close()
	for at := range r.cfg.Schedule.Arrivals() {
		due := r.start.Add(at)
		if wait.until(ctx, due) != nil {
			return true
		}
		if r.recorder.admit(due) {
			r.client.send(due)
		}
	}
	return wait.until(ctx, r.start.Add(r.cfg.Schedule.Duration())) != nil
}
