// SPDX-License-Identifier: Apache-2.0

package ramp

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/measure"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/result"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/schedule"
)

// server is a simulated server: a queue with a fixed service time. Nothing in
// these tests waits or reads a clock.
type server struct {
	t       *testing.T
	service time.Duration
	tokens  float64                          // requests per second of a step that are answered with 202; 0 for all
	delay   func(rate float64) time.Duration // of sending; nil for none
	hiccup  int                              // number of a step in which everything takes a second; 0 for none
	cut     int                              // number of a step that is interrupted
	steps   int
	end     time.Time // of what was sent before
}

func (s *server) send(_ context.Context, rate float64, duration time.Duration) (*measure.Result, error) {
	s.t.Helper()
	arrivals, err := schedule.NewPoisson(schedule.Constant{ArrivalRate: rate}, duration, uint64(s.steps))
	if err != nil {
		s.t.Fatal(err)
	}
	s.steps++
	r := &measure.Result{
		Target: "http://127.0.0.1:80/heavywork", StartedAt: s.end, Window: duration, Elapsed: duration, Interrupted: s.steps == s.cut,
		Statuses: map[int]int64{}, Errors: map[measure.ErrorKind]measure.ErrorCount{},
		Latency: measure.NewDense(), SuccessLatency: measure.NewDense(), SendDelay: measure.NewDense(),
	}
	second := func(at time.Duration) *measure.Second {
		for len(r.Seconds) <= int(at/time.Second) {
			r.Seconds = append(r.Seconds, measure.NewSecond())
		}
		return &r.Seconds[at/time.Second]
	}
	free, tokens := time.Duration(0), int64(s.tokens*duration.Seconds())
	for due := range arrivals.Arrivals() {
		sent := due
		if s.delay != nil {
			sent += s.delay(rate)
		}
		free = max(free, sent) + s.service
		done := free
		if s.steps == s.hiccup {
			done = due + time.Second
		}
		r.Elapsed = max(r.Elapsed, done)
		second(due).Offered++
		second(due).Sent++
		second(due).Latency.Record(done - due)
		second(done).Completed++
		r.Latency.Record(done - due)
		r.SendDelay.Record(sent - due)
		if s.tokens == 0 || r.Statuses[202] < tokens {
			r.Statuses[202]++
			second(done).Succeeded++
		} else {
			r.Statuses[503]++
		}
	}
	for _, each := range r.Seconds {
		r.Counts.Add(each.Counts())
	}
	s.end = s.end.Add(wholeSeconds(r.Elapsed))
	return r, nil
}

func limits() Limits {
	return Limits{
		From: 10, Max: 1000, Step: 10 * time.Second, MaxTime: 10 * time.Minute,
		Quantile: 0.99, Factor: 5, Lost: 0.01, Precision: 0.1,
	}
}

func TestRun(t *testing.T) {
	late := func(rate float64) time.Duration { return time.Duration(rate) * time.Millisecond }
	for _, tt := range []struct {
		name      string
		server    server
		change    func(*Limits)
		pods      func(step int) int
		found     bool
		low, high float64 // between which Good must be
		warning   string
	}{
		// At 80 % of what it can do the mean of such a queue is 3 service times, at 100 % it is infinite.
		{name: "queue", server: server{service: 10 * time.Millisecond}, found: true, low: 70, high: 105},
		{name: "queue under an absolute limit", server: server{service: 10 * time.Millisecond}, change: func(l *Limits) { l.Latency = 15 * time.Second }, found: true, low: 100, high: 250},
		{name: "refused requests", server: server{tokens: 50}, found: true, low: 42, high: 55},
		{name: "no knee", server: server{service: time.Microsecond}, low: 1000, high: 1000, warning: "no knee up to the maximum of 1000"},
		// At the maximum the queue takes more than twice what it takes at first, which is still below the least limit.
		{name: "no knee above the least limit", server: server{service: 800 * time.Microsecond}, change: func(l *Limits) { l.Factor = 2 }, low: 1000, high: 1000, warning: "no knee"},
		{name: "slow generator", server: server{delay: late}, low: 15, high: 60, warning: "the generator itself was late"},
		{name: "generator slow from the start", server: server{delay: func(float64) time.Duration { return 50 * time.Millisecond }}, warning: "more free CPU, or give a limit of your own with --latency"},
		{name: "first step too fast", server: server{service: 200 * time.Millisecond}, warning: "already 10 requests per second were too many (slow): lower --from"},
		{name: "first step too slow for the limit", server: server{service: 10 * time.Millisecond}, change: func(l *Limits) { l.Latency = 5 * time.Millisecond }, warning: "too many (slow): raise --latency"},
		{name: "first step refused", server: server{tokens: 5}, warning: "(errors)"},
		{name: "one hiccup", server: server{service: time.Microsecond, hiccup: 4}, low: 1000, high: 1000, warning: "no knee"},
		{name: "too little time", server: server{service: time.Microsecond}, change: func(l *Limits) { l.MaxTime = 45 * time.Second }, low: 40, high: 40, warning: "the maximum time of 45s"},
		{name: "two pods", server: server{service: time.Microsecond}, pods: func(step int) int { return 1 + step/3 }, warning: "2 pods were ready"},
		{name: "interrupted", server: server{service: time.Microsecond, cut: 4}, low: 20, high: 20, warning: "interrupted"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := limits()
			if tt.change != nil {
				tt.change(&l)
			}
			tt.server.t, tt.server.end = t, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
			pods := func() int {
				if tt.pods == nil {
					return 1
				}
				return tt.pods(tt.server.steps)
			}
			var seen []Step
			o, err := Run(t.Context(), l, tt.server.send, pods, func(s Step) { seen = append(seen, s) })
			if err != nil {
				t.Fatal(err)
			}
			if o.Found != tt.found || o.Good < tt.low || o.Good > tt.high {
				t.Errorf("found is %t at %g, want %t from %g to %g", o.Found, o.Good, tt.found, tt.low, tt.high)
			}
			if o.Found && (o.Bad <= o.Good || o.Bad > 1.11*o.Good) {
				t.Errorf("it is between %g and %g: too wide", o.Good, o.Bad)
			}
			if !strings.Contains(o.Warning, tt.warning) || tt.warning == "" && o.Warning != "" {
				t.Errorf("warning is %q, want %q", o.Warning, tt.warning)
			}
			total := 0.0
			for _, s := range seen {
				total += s.Seconds
				if s.Rate > l.Max {
					t.Errorf("sent %g per second, at most %g are allowed", s.Rate, l.Max)
				}
			}
			if total > l.MaxTime.Seconds() || len(seen) != len(o.Steps) {
				t.Errorf("%d steps of %d were seen, %g s in all", len(seen), len(o.Steps), total)
			}

			document, err := o.Document(result.Plan{}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if err := document.Validate(); err != nil {
				t.Errorf("the steps on one time axis: %v", err)
			}
		})
	}
}

// The steps of a document are where they were: offered requests are in seconds
// that have a rate, and the last step ends it.
func TestDocumentHasPauses(t *testing.T) {
	s := server{t: t, service: 10 * time.Millisecond, end: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	o, err := Run(t.Context(), limits(), s.send, func() int { return 0 }, func(Step) {})
	if err != nil {
		t.Fatal(err)
	}
	document, err := o.Document(result.Plan{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	paused := 0
	for _, second := range document.Seconds {
		if second.ExpectedRate == 0 {
			paused++
		}
		if (second.Offered > 0) != (second.ExpectedRate > 0) {
			t.Errorf("second %d: %d offered, %g expected", second.At, second.Offered, second.ExpectedRate)
		}
	}
	if paused == 0 {
		t.Error("there is no pause, and the queue of a bad step takes its time")
	}
	var rates []float64
	sequence, err := document.Sequence()
	if err != nil {
		t.Fatal(err)
	}
	for _, segment := range sequence.Segments() {
		if rate := segment.Profile.Rate(0); rate > 0 {
			rates = append(rates, rate)
		}
	}
	var want []float64
	for _, step := range o.Steps {
		want = append(want, step.Rate)
	}
	if !slices.Equal(rates, want) {
		t.Errorf("rates are %v, the steps had %v", rates, want)
	}
}

func TestStepsAreLongEnoughForTheirQuantile(t *testing.T) {
	for _, tt := range []struct {
		rate, quantile float64
		want           time.Duration
	}{{10, 0.99, 10 * time.Second}, {1, 0.99, 100 * time.Second}, {1, 0.5, 10 * time.Second}, {300, 0.999, 10 * time.Second}, {3, 0.99, 34 * time.Second}} {
		l := limits()
		l.Quantile = tt.quantile
		if got := l.stepTime(tt.rate); got != tt.want {
			t.Errorf("%g per second at %g: %s, want %s", tt.rate, tt.quantile, got, tt.want)
		}
	}
}

func TestPropose(t *testing.T) {
	for _, tt := range []struct {
		name  string
		good  float64
		found bool
		wish  Wish
		want  *Proposal
	}{
		{"target alone", 113, true, Wish{Utilization: 0.7}, &Proposal{Target: 79}},
		{"rounded down", 226, true, Wish{Utilization: 0.7}, &Proposal{Target: 150}},
		{"not below what it is", 100, true, Wish{Utilization: 0.7}, &Proposal{Target: 70}},
		{"slow pods", 3.1, true, Wish{Utilization: 0.7}, &Proposal{Target: 2.1}},
		{"replicas", 113, true, Wish{Utilization: 0.7, Usual: 158, Peak: 159}, &Proposal{Target: 79, MinReplicas: 2, MaxReplicas: 3}},
		{"peak alone", 113, true, Wish{Utilization: 0.7, Peak: 10}, &Proposal{Target: 79, MaxReplicas: 1}},
		{"lower bound", 1000, false, Wish{Utilization: 0.5}, &Proposal{Target: 500, LowerBound: true}},
		{"nothing known", 0, false, Wish{Utilization: 0.7}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := Outcome{Good: tt.good, Found: tt.found}
			got := o.Propose(tt.wish)
			if (got == nil) != (tt.want == nil) || got != nil && *got != *tt.want {
				t.Errorf("proposed %+v, want %+v", got, tt.want)
			}
			said := strings.Join(o.Sentences(tt.wish), "\n")
			if (tt.want != nil && tt.want.LowerBound) != strings.Contains(said, "lower bound") || (tt.want == nil) != strings.Contains(said, "not known") {
				t.Errorf("said %q", said)
			}
		})
	}
}
