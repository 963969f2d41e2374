// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"sync"
	"time"
)

// LateAfter is how long after its due time a request may be sent without being
// counted as late: far above the usual delay of a few tenths of a millisecond,
// far below what changes the shape of a load.
const LateAfter = 10 * time.Millisecond

// recorder counts. One lock keeps the counts consistent with each other at any
// moment: offered = sent + dropped, and sent = in flight + completed + failed.
type recorder struct {
	maxInFlight int64

	mu       sync.Mutex
	counts   Counts
	inFlight int64
	statuses map[int]int64
	errors   map[ErrorKind]ErrorCount
	received int64

	latency, success, delay *Distribution
}

func newRecorder(maxInFlight int) *recorder {
	return &recorder{
		maxInFlight: int64(maxInFlight),
		statuses:    make(map[int]int64),
		errors:      make(map[ErrorKind]ErrorCount),
		latency:     newDistribution(),
		success:     newDistribution(),
		delay:       newDistribution(),
	}
}

// admit counts a request that is due and reports whether it may be sent; if
// not, it is counted as dropped.
func (r *recorder) admit() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.counts.Offered++
	if r.inFlight >= r.maxInFlight {
		r.counts.Dropped++
		return false
	}
	r.counts.Sent++
	r.inFlight++
	return true
}

// finish records what became of an admitted request.
func (r *recorder) finish(o outcome) {
	delay, latency := o.sent.Sub(o.due), o.done.Sub(o.due)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.inFlight--
	r.received += o.received
	r.delay.record(delay)
	if delay > LateAfter {
		r.counts.Late++
	}
	if o.err != nil {
		kind := kindOf(o.err)
		r.counts.Failed++
		r.errors[kind] = r.errors[kind].plus(o.err)
		if kind == Timeout {
			r.latency.record(latency)
		}
		return
	}
	r.counts.Completed++
	r.statuses[o.status]++
	r.latency.record(latency)
	if isSuccess(o.status) {
		r.counts.Succeeded++
		r.success.record(latency)
	}
}

// now returns the counts of this moment.
func (r *recorder) now() (Counts, int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.counts, r.inFlight
}

// result moves everything recorded into into; the recorder is done then.
func (r *recorder) result(into Result) *Result {
	r.mu.Lock()
	defer r.mu.Unlock()
	into.Counts = r.counts
	into.Statuses = r.statuses
	into.Errors = r.errors
	into.BytesReceived = r.received
	into.Latency, into.SuccessLatency, into.SendDelay = r.latency, r.success, r.delay
	return &into
}

func isSuccess(status int) bool { return status >= 200 && status < 300 }
