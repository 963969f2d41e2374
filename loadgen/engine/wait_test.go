// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// These tests use the time of a synctest bubble: it advances only when every
// goroutine waits, so the waits are exact.
func TestWaitReturnsWhenDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &waiter{alarm: newTimerAlarm(t.Context())}
		start := time.Now()
		for _, tt := range []struct {
			name      string
			due, want time.Duration // from the start
		}{
			{"overdue", -time.Second, 0},
			{"far ahead", 3 * time.Second, 3 * time.Second},
			{"soon, so held back", 3*time.Second + together/5, 3*time.Second + together},
			{"goes with the one before", 3*time.Second + together/2, 3*time.Second + together},
			{"beyond", 4 * time.Second, 4 * time.Second},
		} {
			if err := w.until(t.Context(), start.Add(tt.due)); err != nil {
				t.Fatal(err)
			}
			if got := time.Since(start); got != tt.want {
				t.Errorf("%s: due %s after the start, returned %s after it, want %s", tt.name, tt.due, got, tt.want)
			}
		}
	})
}

func TestWaitObeysTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		w := &waiter{alarm: newTimerAlarm(ctx)}
		start := time.Now()
		if err := w.until(ctx, start.Add(time.Hour)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("until = %v, want the context's error", err)
		}
		if got := time.Since(start); got != time.Second {
			t.Errorf("returned after %s, want 1s", got)
		}
	})
}

func TestAlarmOfThePlatformIsNeverEarly(t *testing.T) {
	w := newWaiter(t.Context())
	defer w.close()
	for _, after := range []time.Duration{0, 100 * time.Microsecond, 3 * time.Millisecond, 0, 20 * time.Millisecond} {
		due := time.Now().Add(after)
		if err := w.until(t.Context(), due); err != nil {
			t.Fatal(err)
		}
		if now := time.Now(); now.Before(due) {
			t.Errorf("returned %s early", due.Sub(now))
		}
	}
}

// The wait would last an hour.
func TestAlarmOfThePlatformObeysTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	w := newWaiter(ctx)
	defer w.close()
	waiting := make(chan error)
	go func() { waiting <- w.until(ctx, time.Now().Add(time.Hour)) }()
	cancel()
	if err := <-waiting; !errors.Is(err, context.Canceled) {
		t.Errorf("until = %v, want the context's error", err)
	}
}
