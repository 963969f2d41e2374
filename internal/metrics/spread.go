// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"fmt"
	"math"
)

// Spread describes how evenly requests are distributed over pods.
type Spread struct {
	Sum, Mean float64
	// CV is the coefficient of variation: the standard deviation of the pods'
	// shares over their mean. 0 is perfectly even.
	CV float64
	// Chance is the CV to expect if each request chose its pod at random: that of a
	// multinomial distribution, sqrt((pods-1)/requests).
	Chance float64
}

// SpreadOf returns the spread of the pods' shares; there must be at least one.
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
