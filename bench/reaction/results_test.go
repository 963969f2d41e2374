// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/bench/internal/benchtest"
)

func TestSummarizeComparesStages(t *testing.T) {
	r := &results{Steps: []step{
		{Setting: guide, Since: [moments]float64{4, 4.01, 4.2, 8, 8.1, 9, 10}},
		{Setting: ours, Since: [moments]float64{1, 1.01, 1.1, 1.5, 1.6, 2, 2.5}},
		{Setting: sync, Since: [moments]float64{9, 9, 9, 9, 9, 9, 9}},
	}}
	all := r.summarize()
	if len(all) != moments+1 {
		t.Fatalf("%d lines, want one for each of %d stages and one for the whole", len(all), moments)
	}
	if c := all[scraped]; c.Ratio == nil || *c.Ratio != 0.25 {
		t.Errorf("first stage: ratio %v, want 0.25", c.Ratio)
	}
	if c := all[visible]; c.Ratio != nil {
		t.Errorf("a stage of 10 ms: ratio %v, want none", *c.Ratio)
	}
	if c := all[moments]; c.Stage != whole || c.Guide.Median != 10 || c.Ours.Median != 2.5 || c.Ratio == nil || *c.Ratio != 0.25 {
		t.Errorf("the whole is %+v, want 10 s, 2.5 s and a ratio of 0.25", c)
	}
}

func TestPageFollowsResults(t *testing.T) { benchtest.PageFollowsResults(t, benchmark()) }
