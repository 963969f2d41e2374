// SPDX-License-Identifier: Apache-2.0

package fault

import (
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/measure"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/budget"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/outage"
)

// Permitted says which requests a fault may cost.
type Permitted struct {
	What string // for the record

	// most is how many, wherever they are in time.
	Most int64
	// WhileGone permits those that end while the ingress does not answer, as the
	// watch of it has seen, and those that wait for their answer when it goes.
	WhileGone bool
	// UntilRecovered permits all until everything is as before, and those that wait
	// for their answer then, for a fault that leaves no healthy path until then.
	UntilRecovered bool
}

// mayGrow reports whether replicas may be added: where the ingress is gone,
// requests wait and then come all at once. The kernel refuses no more than one
// connection a second by a message; who has none tries again a second later, and
// three.
func (p Permitted) mayGrow() bool { return p.WhileGone || p.UntilRecovered }

// NoneLost is for a fault of what no request passes through.
var NoneLost = Permitted{What: "none"}

// judgeLoss fails the test when more requests were lost than a fault may cost.
func (f *Fault) judgeLoss(loss Permitted) {
	f.T.Helper()
	r := f.load.Result
	if r.Dropped > 0 {
		f.T.Errorf("%d requests could not be sent", r.Dropped)
	}
	var gone []outage.Span
	switch {
	case loss.WhileGone:
		gone = f.Ingress.Spans()
	case loss.UntilRecovered:
		gone = []outage.Span{{From: f.Record.Began, To: f.recoveredAt}}
	}
	var lost int64
	for i, second := range r.Seconds {
		from := r.StartedAt.Add(time.Duration(i) * time.Second)
		if from.Before(f.steadyAt) {
			continue // other scenarios are about replicas that come and go
		}
		f.Record.Sent += second.Sent
		failed := second.Failed + second.Completed - second.Succeeded
		if failed == 0 {
			continue
		}
		f.Record.Lost += failed
		unexplained := failed - explained(gone, from, failed, second.Errors[measure.Timeout])
		lost += unexplained
		f.T.Logf("%d requests lost in the second from %s, %d of them not by the ingress being away: %v %v",
			failed, from.Format(time.TimeOnly), unexplained, second.Classes, second.Errors)
	}
	f.Record.LostPermitted = loss.What
	f.T.Logf("sent %d requests since the load was steady, %d lost; may be lost: %s", f.Record.Sent, f.Record.Lost, loss.What)
	if lost > loss.Most {
		f.T.Errorf("%d requests were lost, want at most %d (%s): %v", lost, loss.Most, loss.What, r.Err())
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
		case from.Before(to.Add(budget.Answer)):
			return timeouts
		}
	}
	return 0
}
