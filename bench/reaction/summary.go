// SPDX-License-Identifier: Apache-2.0

package main

import "github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/bench/internal/figures"

// compared is one stage, or the whole, under both settings, in seconds.
type compared struct {
	Stage string         `json:"stage"` // what it ends with
	Guide figures.Spread `json:"guide"`
	Ours  figures.Spread `json:"ours"`
	// Ratio is of our median to the guide's; nil where that is too short to compare.
	Ratio *float64 `json:"ratio"`
}

// whole is the stage that all of them together are.
const whole = "all of it"

// comparable is the shortest median that a ratio is told of, in seconds: below,
// it is about how often is looked.
const comparable = lookAtSamples

// summarize compares all stages, and at the end the whole.
func (r *results) summarize() []compared {
	var all []compared
	add := func(name string, figure func(step) float64) {
		c := compared{Stage: name, Guide: r.spread(guide, figure), Ours: r.spread(ours, figure)}
		if c.Guide.Median >= comparable.Seconds() {
			ratio := c.Ours.Median / c.Guide.Median
			c.Ratio = &ratio
		}
		all = append(all, c)
	}
	for i, name := range momentNames {
		add(name, func(s step) float64 { return s.stage(i) })
	}
	add(whole, step.total)
	return all
}
