// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// Run sends the requests of cfg.Schedule to cfg.Target and returns what became
// of them. It lasts the schedule's duration, with or without arrivals towards
// its end, plus the time the last answers need, which cfg.Timeout bounds.
//
// Cancelling ctx ends a run early: no further request is sent, those in flight
// are still awaited, and the result, marked Interrupted, covers what ran. That
// is a way to use a run, not a failure. The only error is that of
// [Config.Validate], before anything is sent; see [Result.Err] for requests
// that went wrong.
func Run(ctx context.Context, cfg Config) (*Result, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	r, err := newRun(ctx, cfg.withDefaults())
	if err != nil {
		return nil, err
	}
	stopObserving := r.observe()
	cutShort := r.offerAll(ctx)
	window := time.Since(r.start)

	close(r.idle)
	r.workers.Wait()
	elapsed := time.Since(r.start)
	stopObserving()
	if t, ok := r.cfg.Transport.(*http.Transport); ok {
		t.CloseIdleConnections()
	}
	return r.recorder.result(Result{
		Target:      cfg.Target,
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
	template *http.Request // shared by all requests; a RoundTripper must not modify it
	recorder *recorder
	idle     chan time.Time // hands a due time to a worker that waits for one
	workers  sync.WaitGroup
}

func newRun(ctx context.Context, cfg Config) (*run, error) {
	// Requests outlive the cancellation of ctx: they have their own timeout.
	template, err := http.NewRequestWithContext(context.WithoutCancel(ctx), http.MethodPost, cfg.Target, http.NoBody)
	if err != nil {
		return nil, err
	}
	template.Header.Set("User-Agent", "loadgen")
	return &run{
		cfg:      cfg,
		start:    time.Now(),
		template: template,
		recorder: newRecorder(cfg.MaxInFlight),
		idle:     make(chan time.Time),
	}, nil
}

// offerAll sends each request when it is due and reports whether ctx ended the
// run before its duration.
func (r *run) offerAll(ctx context.Context) (cutShort bool) {
	wait := newWaiter()
	for at := range r.cfg.Schedule.Arrivals() {
		due := r.start.Add(at)
		if wait.until(ctx, due) != nil {
			return true
		}
		if r.recorder.admit() {
			r.hand(due)
		}
	}
	return wait.until(ctx, r.start.Add(r.cfg.Schedule.Duration())) != nil
}

// hand gives a request to a worker that has nothing to do, or to a new one. It
// never waits. Workers are kept rather than started per request because their
// stacks have grown to what an HTTP exchange needs, which halves the engine's
// share of a request (BenchmarkEngine).
func (r *run) hand(due time.Time) {
	select {
	case r.idle <- due:
	default:
		r.workers.Go(func() { r.work(due) })
	}
}

func (r *run) work(due time.Time) {
	for more := true; more; due, more = <-r.idle {
		r.recorder.finish(r.send(due))
	}
}
