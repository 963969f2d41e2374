// SPDX-License-Identifier: Apache-2.0

package test

import (
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/engine"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/outage"
)

// permitted says which requests a fault may cost.
type permitted struct {
	what string // for the record

	// most is how many, wherever they are in time.
	most int64
	// whileGone permits those that end while the ingress does not answer, as the
	// watch of it has seen, and those that wait for their answer when it goes.
	whileGone bool
	// untilRecovered permits all until everything is as before, and those that wait
	// for their answer then, for a fault that leaves no healthy path until then.
	untilRecovered bool
}

// mayGrow reports whether replicas may be added: where the ingress is gone,
// requests wait and then come all at once. The kernel refuses no more than one
// connection a second by a message; who has none tries again a second later, and
// three.
func (p permitted) mayGrow() bool { return p.whileGone || p.untilRecovered }

// noneLost is for a fault of what no request passes through.
var noneLost = permitted{what: "none"}

// judgeLoss fails the test when more requests were lost than a fault may cost.
func (f *fault) judgeLoss(loss permitted) {
	f.t.Helper()
	r := f.load.result
	if r.Dropped > 0 {
		f.t.Errorf("%d requests could not be sent", r.Dropped)
	}
	var gone []outage.Span
	switch {
	case loss.whileGone:
		gone = f.ingress.Spans()
	case loss.untilRecovered:
		gone = []outage.Span{{From: f.record.Began, To: f.recoveredAt}}
	}
	var lost int64
	for i, second := range r.Seconds {
		from := r.StartedAt.Add(time.Duration(i) * time.Second)
		if from.Before(f.steadyAt) {
			continue // other scenarios are about replicas that come and go
		}
		f.record.Sent += second.Sent
		failed := second.Failed + second.Completed - second.Succeeded
		if failed == 0 {
			continue
		}
		f.record.Lost += failed
		unexplained := failed - explained(gone, from, failed, second.Errors[engine.Timeout])
		lost += unexplained
		f.t.Logf("%d requests lost in the second from %s, %d of them not by the ingress being away: %v %v",
			failed, from.Format(time.TimeOnly), unexplained, second.Classes, second.Errors)
	}
	f.record.LostPermitted = loss.what
	f.t.Logf("sent %d requests since the load was steady, %d lost; may be lost: %s", f.record.Sent, f.record.Lost, loss.what)
	if lost > loss.most {
		f.t.Errorf("%d requests were lost, want at most %d (%s): %v", lost, loss.most, loss.what, r.Err())
	}
}

// explained is how many of the requests that ended without an answer in a second
// are explained by what was gone. One that was sent then may wait for its answer
// until its own timeout. A second before and after is for what the watch, which
// asks a few times in a second, cannot see.
func explained(gone []outage.Span, from time.Time, failed, timeouts int64) int64 {
	for _, span := range gone {
		to := span.To
		if to.IsZero() {
			to = time.Now()
		}
		if !from.Add(2 * time.Second).After(span.From) {
			continue
		}
		switch {
		case from.Before(to.Add(time.Second)):
			return failed
		case from.Before(to.Add(answer)):
			return timeouts
		}
	}
	return 0
}
