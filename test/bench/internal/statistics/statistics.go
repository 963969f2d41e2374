// SPDX-License-Identifier: Apache-2.0

// Package statistics sums up what a benchmark has measured.
package statistics

import (
	"math"
	"slices"
)

// Quantile returns the value that a share q of the values, from 0 to 1, is not
// above: the nearest rank, so always one that was measured. Without values it
// is 0.
func Quantile(values []float64, q float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	rank := int(math.Ceil(q * float64(len(sorted))))
	return sorted[min(max(rank, 1), len(sorted))-1]
}

// Median returns the middle of the values, of an even number the middle between
// the two, and 0 without any.
func Median(values []float64) float64 {
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
