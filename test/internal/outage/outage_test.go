// SPDX-License-Identifier: Apache-2.0

package outage

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// service answers with an error while it is down.
type service struct{ down atomic.Bool }

var errDown = errors.New("down")

func (s *service) ask(context.Context) error {
	if s.down.Load() {
		return errDown
	}
	return nil
}

func watch(t *testing.T, s *service) *Watch {
	t.Helper()
	w, stop := Start(t.Context(), Options{What: "service", Ask: s.ask, Every: time.Millisecond, Timeout: time.Minute, Log: t.Logf})
	t.Cleanup(stop)
	return w
}

func TestSpansAreTheTimesWithoutAGoodAnswer(t *testing.T) {
	s := &service{}
	w := watch(t, s)
	if _, err := w.AwaitGood(t.Context(), time.Time{}); err != nil {
		t.Fatal(err)
	}
	if spans := w.Spans(); len(spans) != 0 {
		t.Fatalf("spans are %v before anything was down", spans)
	}
	for range 2 {
		down := time.Now()
		s.down.Store(true)
		if got, err := w.AwaitBad(t.Context()); err != nil || !errors.Is(got, errDown) {
			t.Fatalf("error is %v, %v, want %v", got, err, errDown)
		}
		up := time.Now()
		s.down.Store(false)
		good, err := w.AwaitGood(t.Context(), up)
		if err != nil || good.Before(up) {
			t.Fatalf("good again at %s, error %v, want not before %s", good, err, up)
		}
		spans := w.Spans()
		span := spans[len(spans)-1]
		if span.To.IsZero() || span.To.Before(up) || span.From.After(up) || span.From.Before(down.Add(-time.Minute)) || !errors.Is(span.Err, errDown) {
			t.Errorf("the span is %v, want one around %s to %s", span, down, up)
		}
	}
	if n := len(w.Spans()); n != 2 {
		t.Errorf("%d spans, want 2", n)
	}
}

func TestAwaitGoodSaysWhatIsWrong(t *testing.T) {
	s := &service{}
	s.down.Store(true)
	w := watch(t, s)
	if _, err := w.AwaitBad(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.AwaitGood(ctx, time.Now()); !errors.Is(err, errDown) || !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v, want the last answer and the end of the context", err)
	}
}

func TestAwaitBadEndsWithItsContext(t *testing.T) {
	w := watch(t, &service{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.AwaitBad(ctx); err == nil || !strings.Contains(err.Error(), "all answers are good") {
		t.Errorf("error is %v, want one that says that all is well", err)
	}
}

func TestLongest(t *testing.T) {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	spans := []Span{
		{From: at, To: at.Add(time.Second)},
		{From: at.Add(2 * time.Second), To: at.Add(5 * time.Second)},
		{From: at.Add(9 * time.Second)},
	}
	if got := Longest(spans, at.Add(10*time.Second)); got != 3*time.Second {
		t.Errorf("longest is %s, want 3s", got)
	}
	if got := Longest(spans, at.Add(19*time.Second)); got != 10*time.Second {
		t.Errorf("longest is %s, want the open one, 10s", got)
	}
	if got := Longest(nil, at); got != 0 {
		t.Errorf("longest of none is %s", got)
	}
}
