// SPDX-License-Identifier: Apache-2.0

// Package report prints each step, its progress and the estimated time left, and
// keeps durations for the estimates of the next run.
package report

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// detailEvery is how often a running step prints its progress.
const detailEvery = 15 * time.Second

// Report prints the progress of a sequence of steps.
type Report struct {
	out     io.Writer
	history *History
	plan    []string
	started time.Time

	mu      sync.Mutex
	current int
	detail  string
}

// New returns a report on the named steps, in order. What follows a bar in a name is
// not shown; it keeps apart the durations of a step's quick and slow variants, such
// as "images|cached" and "images|build".
func New(out io.Writer, history *History, plan []string) *Report {
	return &Report{out: out, history: history, plan: plan, started: time.Now()}
}

// Step runs the next step of the plan and prints its start, progress and end.
func (r *Report) Step(work func() error) error {
	r.mu.Lock()
	r.current++
	r.detail = ""
	number := r.current
	name := r.plan[number-1]
	title, _, _ := strings.Cut(name, "|")
	r.mu.Unlock()

	begun := time.Now()
	rest := ""
	if expected := r.history.Sum(r.plan[number-1:]); expected >= 2*time.Second {
		rest = " (about " + Short(expected) + " left in all)"
	}
	fmt.Fprintf(r.out, "[%d/%d] %s%s\n", number, len(r.plan), title, rest)

	done := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() { r.follow(name, begun, done) })
	err := work()
	close(done)
	watching.Wait()
	if err != nil {
		return fmt.Errorf("step %d of %d, %s: %w", number, len(r.plan), title, err)
	}
	took := time.Since(begun)
	r.history.Record(name, took)
	r.mu.Lock()
	detail := r.detail
	r.mu.Unlock()
	if detail != "" {
		detail = " · " + detail
	}
	fmt.Fprintf(r.out, "      done in %s%s\n", Short(took), detail)
	return nil
}

// Detail sets the progress of the current step, which is printed from time to time
// and when the step is done.
func (r *Report) Detail(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.detail = fmt.Sprintf(format, args...)
}

// Say prints a line at once.
func (r *Report) Say(format string, args ...any) {
	fmt.Fprintf(r.out, "      "+format+"\n", args...)
}

func (r *Report) follow(name string, begun time.Time, done <-chan struct{}) {
	ticker := time.NewTicker(detailEvery)
	defer ticker.Stop()
	for {
		select {
		case <-done:
			return
		case <-ticker.C:
			r.mu.Lock()
			detail := r.detail
			r.mu.Unlock()
			if detail != "" {
				detail = " · " + detail
			}
			elapsed := time.Since(begun)
			if left := r.history.Get(name) - elapsed; left > time.Second {
				detail += " · about " + Short(left) + " left"
			}
			fmt.Fprintf(r.out, "      %s elapsed%s\n", Short(elapsed), detail)
		}
	}
}

// Short formats a duration for people: 0.4 s, 12 s, 3 min 05 s.
func Short(d time.Duration) string {
	switch {
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	default:
		d = d.Round(time.Second)
		return fmt.Sprintf("%d min %02d s", int(d.Minutes()), int(d.Seconds())%60)
	}
}
