// SPDX-License-Identifier: Apache-2.0

package main

import (
	"math"
	"slices"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

// runVegeta does what `vegeta attack -max-workers 4096` does, but collects the
// results instead of encoding them for another process, which is cheaper.
func runVegeta(opts options) (report, error) {
	target := vegeta.NewStaticTargeter(vegeta.Target{Method: "POST", URL: opts.target})
	attacker := vegeta.NewAttacker(vegeta.MaxWorkers(maxInFlight))
	pace := vegeta.Rate{Freq: opts.rate, Per: time.Second}
	var (
		r         report
		latencies = make([]time.Duration, 0, 1<<16)
	)
	for result := range attacker.Attack(target, pace, opts.duration, "") {
		r.Sent++
		switch {
		case result.Error != "":
			r.Error = result.Error
		case result.Code >= 200 && result.Code < 300:
			r.Succeeded++
		}
		if len(latencies) < cap(latencies) {
			latencies = append(latencies, result.Latency)
		}
	}
	r.Quantiles = nearestRanks(latencies)
	return r, nil
}

// nearestRanks returns exact quantiles in milliseconds.
func nearestRanks(latencies []time.Duration) []float64 {
	if len(latencies) == 0 {
		return nil
	}
	slices.Sort(latencies)
	ms := make([]float64, len(quantiles))
	for i, q := range quantiles {
		rank := int(math.Ceil(q * float64(len(latencies))))
		ms[i] = float64(latencies[max(rank, 1)-1]) / 1e6
	}
	return ms
}
