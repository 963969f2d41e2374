// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// In these tests time is that of the synctest bubble: it moves only when every
// goroutine waits, so the waits are exact. The fine sleep of the platform is a
// system call that stays outside the bubble and is replaced by a timer.
func fakeWaiter(fine time.Duration) (*waiter, *[]time.Duration) {
	slept := new([]time.Duration)
	return &waiter{timer: time.NewTimer(0), fine: fine, sleep: func(d time.Duration) {
		*slept = append(*slept, d)
		<-time.After(d)
	}}, slept
}

func TestWaitReturnsWhenDue(t *testing.T) {
	for _, tt := range []struct {
		name  string
		fine  time.Duration
		after time.Duration
		slept time.Duration // of after, by the fine sleep
	}{
		{"timer alone", 0, 3 * time.Second, 0},
		{"timer, then fine sleep", 2 * time.Millisecond, 3 * time.Second, 2 * time.Millisecond},
		{"fine sleep alone", 2 * time.Millisecond, time.Millisecond, time.Millisecond},
		{"overdue", 2 * time.Millisecond, -time.Second, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, slept := fakeWaiter(tt.fine)
				start := time.Now()
				if err := w.until(t.Context(), start.Add(tt.after)); err != nil {
					t.Fatal(err)
				}
				if got := time.Since(start); got != max(tt.after, 0) {
					t.Errorf("returned after %s, want %s", got, max(tt.after, 0))
				}
				total := time.Duration(0)
				for _, d := range *slept {
					total += d
				}
				if total != tt.slept {
					t.Errorf("slept %v, want %s in all", *slept, tt.slept)
				}
			})
		})
	}
}

func TestWaitObeysTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		w, _ := fakeWaiter(2 * time.Millisecond)
		start := time.Now()
		if err := w.until(ctx, start.Add(time.Hour)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("until = %v, want the context's error", err)
		}
		if got := time.Since(start); got != time.Second {
			t.Errorf("returned after %s, want 1s", got)
		}
	})
}

func TestPlatformWaitIsNeverEarly(t *testing.T) {
	w := newWaiter()
	for _, after := range []time.Duration{0, 100 * time.Microsecond, 3 * time.Millisecond} {
		due := time.Now().Add(after)
		if err := w.until(t.Context(), due); err != nil {
			t.Fatal(err)
		}
		if now := time.Now(); now.Before(due) {
			t.Errorf("returned %s early", due.Sub(now))
		}
	}
}
