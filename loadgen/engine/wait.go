// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"time"
)

// waiter blocks one goroutine until given points in time.
type waiter struct {
	alarm alarm
	last  time.Time // the latest time it returned at
}

// alarm is a clock that wakes somebody up.
type alarm interface {
	// wait returns after d or when the context of the alarm ends. It may return
	// early.
	wait(d time.Duration)
	close()
}

// together is how long arrivals are held back at most so that those behind them
// can be sent at the same wake-up. Waking up costs more processor time than
// sending a request: at 5,000 requests/s a fifth of it is saved. What is held
// back shows in the send delay and in the latency, and is far below LateAfter.
const together = 250 * time.Microsecond

// newWaiter returns a waiter that the end of ctx wakes up.
func newWaiter(ctx context.Context) *waiter {
	return &waiter{alarm: newAlarm(ctx)}
}

func (w *waiter) close() { w.alarm.close() }

// until returns at due or up to together after it, at once if that has passed,
// or with the error of ctx as soon as that ends.
func (w *waiter) until(ctx context.Context, due time.Time) error {
	if err := ctx.Err(); err != nil || !due.After(w.last) {
		return err // one look at the clock serves all that became due before it
	}
	now := time.Now()
	if due.After(now) {
		if earliest := w.last.Add(together); due.Before(earliest) {
			due = earliest
		}
	}
	for due.After(now) && ctx.Err() == nil {
		w.alarm.wait(due.Sub(now))
		now = time.Now()
	}
	w.last = now
	return ctx.Err()
}

// timerAlarm is an alarm of the Go runtime, which rounds short waits up to a
// millisecond on many systems.
type timerAlarm struct {
	timer *time.Timer
	ended <-chan struct{}
}

func newTimerAlarm(ctx context.Context) alarm {
	return &timerAlarm{timer: time.NewTimer(0), ended: ctx.Done()}
}

func (a *timerAlarm) wait(d time.Duration) {
	a.timer.Reset(d)
	select {
	case <-a.timer.C:
	case <-a.ended:
	}
}

func (a *timerAlarm) close() { a.timer.Stop() }
