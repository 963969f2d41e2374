// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"flag"
	"io"
	"iter"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/engine"
)

// even is a schedule of requests at equal intervals, as vegeta's pacer has by
// default, so that both generators do the same.
type even struct {
	rate     int
	duration time.Duration
}

func (e even) Duration() time.Duration { return e.duration }

func (e even) Arrivals() iter.Seq[time.Duration] {
	return func(yield func(time.Duration) bool) {
		total := int64(e.rate) * int64(e.duration) / int64(time.Second)
		for i := range total {
			if !yield(time.Duration(i) * time.Second / time.Duration(e.rate)) {
				return
			}
		}
	}
}

// report is what a generator reports about its own run; bench/loadgen/rivals has the
// same form.
type report struct {
	Sent      int64     `json:"sent"`
	Succeeded int64     `json:"succeeded"`
	Dropped   int64     `json:"dropped,omitempty"`
	Quantiles []float64 `json:"quantiles_ms,omitempty"`
	SendDelay []float64 `json:"send_delay_ms,omitempty"` // p50, p99
	Error     string    `json:"error,omitempty"`
}

// quantiles are those that wrk prints.
var quantiles = []float64{0.5, 0.75, 0.9, 0.99}

// generate is this program as one of the generators: the engine in a process of
// its own, so that its processor time and memory can be measured separately.
func generate(ctx context.Context, args []string, out, _ io.Writer) error {
	var (
		target   string
		schedule even
	)
	flags := flag.NewFlagSet("generate", flag.ContinueOnError)
	flags.StringVar(&target, "target", "", "URL to send POST requests to")
	flags.IntVar(&schedule.rate, "rate", 1000, "requests per second")
	flags.DurationVar(&schedule.duration, "duration", time.Second, "length of the run")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	result, err := engine.Run(ctx, engine.Config{Target: target, Schedule: schedule})
	if err != nil {
		return err
	}
	r := report{Sent: result.Sent, Succeeded: result.Succeeded, Dropped: result.Dropped}
	if err := result.Err(); err != nil {
		r.Error = err.Error()
	}
	for _, q := range quantiles {
		r.Quantiles = append(r.Quantiles, milliseconds(result.Latency.Quantile(q)))
	}
	for _, q := range []float64{0.5, 0.99} {
		r.SendDelay = append(r.SendDelay, milliseconds(result.SendDelay.Quantile(q)))
	}
	return json.NewEncoder(out).Encode(r)
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
