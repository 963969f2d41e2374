// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"fmt"
	"math"
)

// Spread says how evenly requests went to a number of pods.
type Spread struct {
	Sum, Mean float64
	// CV is the coefficient of variation: the standard deviation of the pods'
	// shares over their mean. 0 is perfectly even.
	CV float64
	// Chance is the CV to expect if each request chose its pod by lot: that of a
	// multinomial distribution, sqrt((pods-1)/requests).
	Chance float64
}

// SpreadOf describes the shares of all pods; there must be at least one.
func SpreadOf(shares []float64) Spread {
	pods := float64(len(shares))
	var s Spread
	for _, n := range shares {
		s.Sum += n
	}
	s.Mean = s.Sum / pods
	var squares float64
	for _, n := range shares {
		squares += (n - s.Mean) * (n - s.Mean)
	}
	if s.Sum > 0 {
		s.CV = math.Sqrt(squares/pods) / s.Mean
		s.Chance = math.Sqrt((pods - 1) / s.Sum)
	}
	return s
}

func (s Spread) String() string {
	return fmt.Sprintf("%.0f requests, coefficient of variation %.3f, by chance alone %.3f", s.Sum, s.CV, s.Chance)
}
