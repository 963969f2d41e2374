// SPDX-License-Identifier: Apache-2.0

package main

import (
	"slices"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/bench/internal/figures"
)

// deviations returns p50 and p99 of how late requests arrived, in milliseconds:
// the k-th arrival of an even schedule was due k/rate after the start. The server
// does not know the start; the most punctual arrival stands for it, so a delay that
// all have in common does not count.
func deviations(arrivals []time.Duration, rate int) []float64 {
	if len(arrivals) == 0 {
		return nil
	}
	late := slices.Sorted(slices.Values(arrivals))
	for k := range late {
		late[k] -= time.Duration(k) * time.Second / time.Duration(rate)
	}
	least, deviation := slices.Min(late), make([]float64, len(late))
	for k := range late {
		deviation[k] = milliseconds(late[k] - least)
	}
	return []float64{figures.Quantile(deviation, 0.5), figures.Quantile(deviation, 0.99)}
}

// held reports whether a rate was held: 99.9 % of the requests that were due arrived
// before the run was over, plus slack, and were answered.
func (o *outcome) held(duration time.Duration) bool {
	const slack = 20 * time.Millisecond
	if len(o.arrivals) == 0 {
		return false
	}
	first, inTime := slices.Min(o.arrivals), 0
	for _, at := range o.arrivals {
		if at-first <= duration+slack {
			inTime++
		}
	}
	due := float64(o.Rate) * duration.Seconds()
	return float64(inTime)-float64(o.Lost) >= 0.999*due
}

// collect maps outcomes to numbers.
func collect(outcomes []outcome, number func(outcome) float64) []float64 {
	numbers := make([]float64, len(outcomes))
	for i, o := range outcomes {
		numbers[i] = number(o)
	}
	return numbers
}

// of returns the outcomes of one generator at one rate.
func of(outcomes []outcome, generator string, rate int) []outcome {
	var found []outcome
	for _, o := range outcomes {
		if o.Generator == generator && (rate == 0 || o.Rate == rate) {
			found = append(found, o)
		}
	}
	return found
}
