// SPDX-License-Identifier: Apache-2.0

package fault

import (
	"strings"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/measure"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/budget"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/outage"
)

// Permitted says which requests a fault may cost.
type Permitted struct {
	What string // for the record

	// Most is how many may be lost, at whatever time.
	Most int64
	// WhileGone permits those that end while the ingress does not answer, as its
	// watch has seen, and those in flight when it fails.
	WhileGone bool
	// Within permits those that end within this time after the fault began, and
	// those in flight then.
	Within time.Duration
	// By permits all requests that enter by this URL.
	By string
	// UntilRecovered permits all until recovery, and those in flight then, for a
	// fault that leaves no healthy path until then.
	UntilRecovered bool
}

// mayGrow reports whether replicas may be added: while the ingress is gone,
// requests wait, and then arrive all at once. The kernel answers at most one refused
// connection a second; a client without an answer retries after one second, and
// after three.
func (p Permitted) mayGrow() bool { return p.WhileGone || p.UntilRecovered || p.Within > 0 }

// NoneLost is for a fault that is not on the path of requests.
var NoneLost = Permitted{What: "none"}

// judgeLoss fails the test when more requests were lost than a fault may cost.
func (f *Fault) judgeLoss(loss Permitted) {
	f.T.Helper()
	var gone []outage.Span
	switch {
	case loss.WhileGone:
		gone = f.Ingress.Spans()
	case loss.UntilRecovered:
		gone = []outage.Span{{From: f.Record.Began, To: f.recoveredAt}}
	case loss.Within > 0:
		gone = []outage.Span{{From: f.Record.Began, To: f.Record.Began.Add(loss.Within)}}
	}
	var lost int64
	for _, load := range f.loads {
		unexplained := f.unexplained(load.Result, gone)
		if loss.By == "" || !strings.HasPrefix(load.Result.Target, loss.By+"/") {
			lost += unexplained
		}
	}
	f.Record.LostPermitted = loss.What
	f.T.Logf("sent %d requests since the load was steady, %d lost; may be lost: %s", f.Record.Sent, f.Record.Lost, loss.What)
	if lost > loss.Most {
		f.T.Errorf("%d requests were lost, want at most %d (%s)", lost, loss.Most, loss.What)
	}
}

// unexplained counts the requests sent and lost since the load was steady, and
// returns how many of the lost ones are not explained by what was gone.
func (f *Fault) unexplained(r *measure.Result, gone []outage.Span) (lost int64) {
	if r.Dropped > 0 {
		f.T.Errorf("%d requests could not be sent", r.Dropped)
	}
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
		f.T.Logf("%s: %d requests lost in the second from %s, %d of them unexplained: %v %v",
			r.Target, failed, from.Format(time.TimeOnly), unexplained, second.Classes, second.Errors)
	}
	if lost > 0 {
		f.T.Logf("%v", r.Err())
	}
	return lost
}

// explained returns how many of the requests that failed in a second are explained
// by what was gone. One that was sent then may wait until its own timeout. A second
// before and after allows for what the watch, which polls a few times a second,
// cannot see.
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
