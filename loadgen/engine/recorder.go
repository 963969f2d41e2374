// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"sync"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/measure"
)

// recorder counts requests. One lock keeps the counts consistent with each
// other at all times: offered = sent + dropped, and sent = in flight +
// completed + failed.
type recorder struct {
	maxInFlight int64
	start       time.Time

	mu       sync.Mutex
	counts   measure.Counts
	inFlight int64
	statuses map[int]int64
	errors   map[measure.ErrorKind]measure.ErrorCount
	received int64
	sent     int64 // bytes
	classes  classes
	seconds  seconds

	latency, success, delay *measure.Distribution
	recent                  *measure.Distribution // latency since the previous snapshot
}

func newRecorder(start time.Time, maxInFlight int) *recorder {
	return &recorder{
		maxInFlight: int64(maxInFlight),
		start:       start,
		statuses:    make(map[int]int64),
		errors:      make(map[measure.ErrorKind]measure.ErrorCount),
		latency:     measure.NewDense(),
		success:     measure.NewDense(),
		delay:       measure.NewDense(),
		recent:      measure.NewDense(),
	}
}

// admit counts a request that is due and reports whether it may be sent; if
// not, it is counted as dropped.
func (r *recorder) admit(due time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	second := r.seconds.at(due.Sub(r.start))
	second.offered++
	r.counts.Offered++
	if r.inFlight >= r.maxInFlight {
		second.dropped++
		r.counts.Dropped++
		return false
	}
	r.counts.Sent++
	r.inFlight++
	return true
}

// finish records the outcome of an admitted request.
func (r *recorder) finish(o outcome) {
	delay, latency := o.sent.Sub(o.due), o.done.Sub(o.due)
	var kind measure.ErrorKind
	if o.err != nil {
		kind = kindOf(o.err) // outside the lock, because it is slow
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	ended := r.seconds.at(o.done.Sub(r.start))
	r.inFlight--
	r.received += o.received
	r.sent += o.written
	ended.received += o.received
	r.delay.Record(delay)
	if delay > measure.LateAfter {
		r.counts.Late++
	}
	if o.err != nil {
		r.counts.Failed++
		r.errors[kind] = r.errors[kind].Plus(o.err)
		ended.failed++
		if ended.errors == nil {
			ended.errors = make(map[measure.ErrorKind]int64, 1)
		}
		ended.errors[kind]++
		if kind == measure.Timeout {
			r.recordLatency(o.due, latency)
		}
		return
	}
	r.counts.Completed++
	r.statuses[o.status]++
	r.classes.add(o.status)
	ended.completed++
	ended.classes.add(o.status)
	r.recordLatency(o.due, latency)
	if o.status/100 == 2 {
		r.counts.Succeeded++
		ended.succeeded++
		r.success.Record(latency)
	}
}

func (r *recorder) recordLatency(due time.Time, latency time.Duration) {
	r.latency.Record(latency)
	r.recent.Record(latency)
	r.seconds.at(due.Sub(r.start)).latency.Record(latency)
}

// look fills in the current state and starts a new interval.
func (r *recorder) look(p *Progress) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p.Counts, p.InFlight = r.counts, r.inFlight
	p.Classes = r.classes.named()
	for kind, count := range r.errors {
		if p.Errors == nil {
			p.Errors = make(map[measure.ErrorKind]int64, len(r.errors))
		}
		p.Errors[kind] = count.Count
	}
	p.Recent = r.recent.Count()
	p.RecentP50, p.RecentP99 = r.recent.Quantile(0.5), r.recent.Quantile(0.99)
	r.recent.Reset()
	p.Overall = r.latency.Count()
	p.OverallP50, p.OverallP99 = r.latency.Quantile(0.5), r.latency.Quantile(0.99)
}

// result moves everything recorded into into; the recorder must not be used
// afterwards.
func (r *recorder) result(into measure.Result) *measure.Result {
	r.mu.Lock()
	defer r.mu.Unlock()
	into.Counts = r.counts
	into.Statuses = r.statuses
	into.Errors = r.errors
	into.BytesReceived = r.received
	into.BytesSent = r.sent
	into.Seconds = r.seconds.result()
	into.Latency, into.SuccessLatency, into.SendDelay = r.latency, r.success, r.delay
	return &into
}

// outcome describes how one sent request ended.
type outcome struct {
	due, sent, done time.Time
	status          int   // 0 when err is set
	received        int64 // bytes of the answer's body
	written         int64 // bytes of the request
	err             error
}
