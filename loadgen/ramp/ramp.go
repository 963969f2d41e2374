// SPDX-License-Identifier: Apache-2.0

// Package ramp finds the request rate that one pod takes, and from it the target
// of an autoscaler.
//
// A pod takes a rate if answers to it stay within a latency limit and nearly none
// is lost. The highest such rate is the usable capacity of R. Jain (The Art of
// Computer Systems Performance Analysis, Wiley 1991, section 3.3). The search
// follows RFC 2544, section 26.1, which measures the throughput of a device by
// trials at constant rates: the rate doubles until a trial fails, and is then
// bisected (exponential search; J. L. Bentley, A. C. Yao, An almost optimal
// algorithm for unbounded searching, Information Processing Letters 5, 1976).
//
// Two known methods take the knee from the shape of the curve instead. Kneedle
// (V. Satopää and others, Finding a "Kneedle" in a Haystack, ICDCS Workshops 2011)
// scales the curve to the range that was measured, so its knee moves with the
// highest rate that was tried. The universal scalability law (N. J. Gunther,
// Guerrilla Capacity Planning, Springer 2007) is a model of throughput, fitted to
// many points on both sides of the knee. A limit needs fewer steps and less
// overload, and covers errors as well.
package ramp

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/measure"
)

// Limits say what to send, and what a pod must withstand. All fields except
// Latency are required.
type Limits struct {
	From, Max float64       // requests per second: the first and the highest rate
	Step      time.Duration // of a step; longer if Quantile needs more requests
	MaxTime   time.Duration // for all steps together, including the wait for their last answers
	Quantile  float64       // of the latency that is judged, such as 0.99
	Factor    float64       // by which it may exceed its value at low load
	Latency   time.Duration // or its limit; 0 to use Factor
	Lost      float64       // share of requests that may be dropped, failed, or answered without 2xx
	Precision float64       // share by which the lowest bad rate may exceed the highest good one
}

// leastLimit is the lowest limit that Factor can give: below it, a busy
// generator, which may be late by measure.LateAfter, would look like a slow
// server.
const leastLimit = 2 * measure.LateAfter

// Verdict is how a step was judged.
type Verdict string

// The verdicts.
const (
	WarmUp    Verdict = "warm-up" // first requests, for caches and connections; not judged
	Good      Verdict = "good"
	Slow      Verdict = "slow"      // the quantile is above its limit
	Lossy     Verdict = "errors"    // too many requests were lost
	Generator Verdict = "generator" // at least half of a quantile that matters is send delay
)

// Step is a constant rate for a time. Latencies are in milliseconds.
type Step struct {
	Rate      float64         `json:"rate"` // planned, in requests per second
	Seconds   float64         `json:"duration_seconds"`
	Requests  measure.Counts  `json:"requests"`
	P50       float64         `json:"p50_ms"`
	Latency   float64         `json:"latency_ms"`    // at Limits.Quantile
	SendDelay float64         `json:"send_delay_ms"` // likewise
	Lost      float64         `json:"lost_share"`
	Verdict   Verdict         `json:"verdict"`
	Result    *measure.Result `json:"-"`
}

// Outcome is what a ramp found. Rates are in requests per second.
type Outcome struct {
	Good    float64 `json:"highest_good_rate"` // that one pod took; 0 if unknown
	Bad     float64 `json:"lowest_bad_rate"`   // that it did not take; 0 if unknown
	Found   bool    `json:"found"`             // the two are close; else Good is a lower bound
	Limit   float64 `json:"latency_limit_ms"`  // 0 if the first step was bad
	Warning string  `json:"-"`                 // why nothing was found, and what to do
	Steps   []Step  `json:"steps"`

	why Verdict // of Bad
}

// Sender sends a constant rate for a time and awaits the answers.
type Sender func(ctx context.Context, rate float64, duration time.Duration) (*measure.Result, error)

// Run sends steps until it is known what one pod takes, or a limit is reached.
// pods returns how many are ready, or 0 if that is unknown; seen is called
// after each step. A bad step is repeated once and counts if it is bad again,
// so that one hiccup is not taken for the knee. The only error is that of send.
func Run(ctx context.Context, l Limits, send Sender, pods func() int, seen func(Step)) (Outcome, error) {
	o := Outcome{Limit: ms(l.Latency)}
	spent, bad := time.Duration(0), 0
	for rate, more := l.From, true; more; {
		duration := l.stepTime(rate)
		if spent+duration > l.MaxTime {
			o.Warning = fmt.Sprintf("the maximum time of %s ran out: raise --max-time, or start closer to the knee with --from", l.MaxTime)
			break
		}
		r, err := send(ctx, rate, duration)
		if err != nil {
			return o, err
		}
		if r.Interrupted {
			o.Warning = "interrupted: only completed steps count"
			break
		}
		spent += wholeSeconds(r.Elapsed)
		step := l.judge(rate, r, o.Limit)
		if len(o.Steps) == 0 {
			step.Verdict = WarmUp
		}
		o.Steps = append(o.Steps, step)
		seen(step)
		if n := pods(); n > 1 {
			o.Good, o.Warning = 0, fmt.Sprintf("%d pods were ready after %g requests per second, so the figures are not those of one pod: keep the application at one pod and repeat", n, rate)
			break
		}
		switch {
		case step.Verdict == WarmUp:
			continue
		case step.Verdict == Good:
			o.Good, bad = rate, 0
			if o.Limit == 0 {
				o.Limit = max(l.Factor*step.Latency, ms(leastLimit))
			}
		case bad == 0:
			bad++
			continue
		default:
			o.Bad, o.why, bad = rate, step.Verdict, 0
		}
		rate, more = o.next(l)
	}
	return o, nil
}

// next returns the rate of the next step, if there is to be one.
func (o *Outcome) next(l Limits) (rate float64, more bool) {
	remedy := "lower --from, or see what is wrong with the pod"
	if o.why == Slow && l.Latency > 0 {
		remedy = "raise --latency, lower --from, or see what is wrong with the pod"
	}
	elsewhere := "send from a machine with more free CPU"
	if l.Latency == 0 {
		elsewhere += ", or give a limit of your own with --latency"
	}
	switch {
	case o.Good == 0 && o.why == Generator:
		o.Warning = fmt.Sprintf("already at %g per second the generator itself was late (send delay), so there is nothing to compare with: %s", o.Bad, elsewhere)
	case o.Good == 0:
		o.Warning = fmt.Sprintf("already %g requests per second were too many (%s): %s", o.Bad, o.why, remedy)
	case o.Bad == 0 && o.Good >= l.Max:
		o.Warning = fmt.Sprintf("no knee up to the maximum of %g per second: raise --max-rate, or give the pod the CPU limit that it has in production", l.Max)
	case o.Bad == 0:
		return min(2*o.Good, l.Max), true
	case o.Bad > o.Good*(1+l.Precision):
		return significant(math.Sqrt(o.Good*o.Bad), 3, math.Round), true
	case o.why == Generator:
		o.Warning = fmt.Sprintf("at %g per second the generator itself was late (send delay), so the knee is not the pod's: send from a machine with more free CPU", o.Bad)
	default:
		o.Found = true
	}
	return 0, false
}

// stepTime is long enough for one request to be above the quantile, in whole
// seconds.
func (l Limits) stepTime(rate float64) time.Duration {
	needed := 1 / ((1 - l.Quantile) * rate)
	return wholeSeconds(max(l.Step, time.Duration(needed*float64(time.Second))))
}

func wholeSeconds(d time.Duration) time.Duration {
	return (d + time.Second - 1).Truncate(time.Second)
}

// judge evaluates a step. The limit follows from the first good step; until
// then, a step is slow if its queue keeps growing.
func (l Limits) judge(rate float64, r *measure.Result, limit float64) Step {
	s := Step{
		Rate: rate, Seconds: r.Window.Round(time.Millisecond).Seconds(), Requests: r.Counts, Result: r, Verdict: Good,
		P50: ms(r.Latency.Quantile(0.5)), Latency: ms(r.Latency.Quantile(l.Quantile)), SendDelay: ms(r.SendDelay.Quantile(l.Quantile)),
	}
	if r.Offered > 0 {
		s.Lost = float64(r.Offered-r.Succeeded) / float64(r.Offered)
	}
	slow := limit > 0 && s.Latency > limit || limit == 0 && growing(r)
	matters := slow || limit == 0 && s.Latency > ms(leastLimit) // it would set the limit
	switch {
	case r.Errors[measure.LocalLimit].Count > 0, matters && 2*s.SendDelay >= s.Latency:
		s.Verdict = Generator
	case s.Lost > l.Lost:
		s.Verdict = Lossy
	case slow:
		s.Verdict = Slow
	}
	return s
}

// growing compares the halves of a step. If a queue grows at a constant rate,
// the median of the second half is three times that of the first.
func growing(r *measure.Result) bool {
	halves := [2]measure.Distribution{}
	for i, second := range r.Seconds {
		halves[min(2*i/int(wholeSeconds(r.Window)/time.Second), 1)].Merge(second.Latency)
	}
	before, after := halves[0].Quantile(0.5), halves[1].Quantile(0.5)
	return after > leastLimit && after > 2*before
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// significant rounds to some digits.
func significant(v float64, digits int, round func(float64) float64) float64 {
	power := math.Pow(10, float64(digits-1)-math.Floor(math.Log10(v)))
	return round(v*power) / power
}
