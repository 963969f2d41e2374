// SPDX-License-Identifier: Apache-2.0

package main

import (
	"math"
	"slices"
	"time"
)

// deviations returns p50 and p99 of how late requests arrived, in milliseconds:
// the k-th arrival of an even schedule was due at k/rate after the start. The
// start is not known to the server; the request that arrived most punctually
// stands for it, so what all of them have in common does not count.
func deviations(arrivals []time.Duration, rate int) []float64 {
	if len(arrivals) == 0 {
		return nil
	}
	late := slices.Sorted(slices.Values(arrivals))
	for k := range late {
		late[k] -= time.Duration(k) * time.Second / time.Duration(rate)
	}
	slices.Sort(late)
	quantile := func(q float64) float64 {
		rank := int(math.Ceil(q * float64(len(late))))
		return milliseconds(late[max(rank, 1)-1] - late[0])
	}
	return []float64{quantile(0.5), quantile(0.99)}
}

// held says whether a rate was held: 99.9 % of what was due arrived before the
// run was over, give or take slack, and was answered.
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

// median returns the middle of the values, 0 without any.
func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
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
