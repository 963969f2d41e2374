// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"runtime"
	"time"
)

// waiter blocks one goroutine until given points in time. It comes close with a
// runtime timer, which ctx can interrupt, and goes the last fine stretch with
// sleep, which is more exact where the platform has it (see wait_linux.go).
type waiter struct {
	timer *time.Timer
	fine  time.Duration       // the stretch left to sleep; 0 means timers only
	sleep func(time.Duration) // may return early, is called again then
}

func newWaiter() *waiter {
	return &waiter{timer: time.NewTimer(0), fine: fineStretch, sleep: fineSleep}
}

// until returns at due, at once if that has passed, or with the error of ctx.
// A cancellation is noticed at once or after at most the fine stretch.
func (w *waiter) until(ctx context.Context, due time.Time) error {
	for {
		left := time.Until(due)
		switch {
		case left <= 0 || ctx.Err() != nil:
			return ctx.Err()
		case left > w.fine:
			w.timer.Reset(left - w.fine)
			select {
			case <-w.timer.C:
			case <-ctx.Done():
			}
		default:
			// The sleep blocks a thread the scheduler counts on: let the
			// requests just handed over go first, then look at the clock again.
			runtime.Gosched()
			if left = time.Until(due); left > 0 {
				w.sleep(left)
			}
		}
	}
}
