// SPDX-License-Identifier: Apache-2.0

// Package outage records when something did not work. It polls at short intervals
// and keeps the spans of time in which the answer was an error.
package outage

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Span is a time without a good answer.
type Span struct {
	From time.Time // when the first question without a good answer was asked
	To   time.Time // when the next one with a good answer was answered; zero while there is none
	Err  error     // of the last question without a good answer
}

// Watch asks from Start until it is stopped. It is safe for concurrent use.
type Watch struct {
	mu       sync.Mutex
	spans    []Span
	lastGood time.Time     // when the last question with a good answer was asked
	lastErr  error         // of the last question, nil when the answer was good
	answered chan struct{} // closed at the next answer
}

// Options say what to ask, and how.
type Options struct {
	What    string                          // for the log
	Ask     func(ctx context.Context) error // nil is a good answer
	Every   time.Duration                   // between two questions
	Timeout time.Duration                   // of one question
	Log     func(format string, args ...any)
}

// Start asks until the context ends or the returned function is called, which
// waits for the last answer.
func Start(ctx context.Context, o Options) (*Watch, func()) {
	ctx, cancel := context.WithCancel(ctx)
	w, done := &Watch{answered: make(chan struct{})}, make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(o.Every)
		defer tick.Stop()
		for {
			asked := time.Now()
			err := ask(ctx, o)
			if ctx.Err() != nil {
				return // the answer to an interrupted question means nothing
			}
			w.record(asked, time.Now(), err, o)
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
	}()
	return w, func() { cancel(); <-done }
}

func ask(ctx context.Context, o Options) error {
	ctx, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	return o.Ask(ctx)
}

func (w *Watch) record(asked, answered time.Time, err error, o Options) {
	w.mu.Lock()
	defer w.mu.Unlock()
	open := len(w.spans) > 0 && w.spans[len(w.spans)-1].To.IsZero()
	switch {
	case err != nil && !open:
		o.Log("%s: gone: %v", o.What, err)
		w.spans = append(w.spans, Span{From: asked, Err: err})
	case err != nil:
		w.spans[len(w.spans)-1].Err = err
	case open:
		span := &w.spans[len(w.spans)-1]
		span.To = answered
		o.Log("%s: back after %.1f s; the last error was: %v", o.What, span.To.Sub(span.From).Seconds(), span.Err)
	}
	if err == nil {
		w.lastGood = asked
	}
	w.lastErr = err
	close(w.answered)
	w.answered = make(chan struct{})
}

// Spans returns the times without a good answer so far. The last one is open
// when there still is none.
func (w *Watch) Spans() []Span {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]Span(nil), w.spans...)
}

// AwaitGood waits for a good answer to a question that was asked after the time
// given, and returns when that was. Its error wraps that of the last answer.
func (w *Watch) AwaitGood(ctx context.Context, after time.Time) (time.Time, error) {
	for {
		w.mu.Lock()
		good, last, answered := w.lastGood, w.lastErr, w.answered
		w.mu.Unlock()
		if good.After(after) {
			return good, nil
		}
		select {
		case <-answered:
		case <-ctx.Done():
			return time.Time{}, fmt.Errorf("no good answer: %w; the last one was: %w", context.Cause(ctx), or(last))
		}
	}
}

// AwaitBad waits for the answer to be an error, which proves that a fault has
// an effect.
func (w *Watch) AwaitBad(ctx context.Context) (error, error) {
	for {
		w.mu.Lock()
		last, answered := w.lastErr, w.answered
		w.mu.Unlock()
		if last != nil {
			return last, nil
		}
		select {
		case <-answered:
		case <-ctx.Done():
			return nil, fmt.Errorf("all answers are good: %w", context.Cause(ctx))
		}
	}
}

func or(err error) error {
	if err == nil {
		return fmt.Errorf("good, but older")
	}
	return err
}

// Longest returns the length of the longest span; one that is open ends now.
func Longest(spans []Span, now time.Time) time.Duration {
	var longest time.Duration
	for _, s := range spans {
		to := s.To
		if to.IsZero() {
			to = now
		}
		longest = max(longest, to.Sub(s.From))
	}
	return longest
}
