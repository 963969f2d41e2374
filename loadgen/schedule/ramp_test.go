// SPDX-License-Identifier: Apache-2.0

package schedule

import (
	"math"
	"testing"
	"time"
)

func TestRamp(t *testing.T) {
	kindTest{
		curves: []curve{
			{"up", "ramp:from=0,to=400,duration=100", func(t float64) float64 { return 4 * t }},
			{"down, then level", "ramp:from=500,to=50,over=60,duration=100", func(t float64) float64 { return max(50, 500-7.5*t) }},
		},
		beyond: []moment{
			{"stays at its end", Ramp{From: 0, To: 10, Over: 10 * time.Second}, 15, 10, 100},
			{"to 0 stays there", Ramp{From: 10, To: 0, Over: 10 * time.Second}, 15, 0, 50},
		},
		forms: map[string]string{
			"ramp:from=1,to=50,over=10,duration=60": "ramp:from=1,to=50,over=10,duration=60",
			"ramp:from=1,to=50":                     "ramp:from=1,to=50,duration=500",
		},
		words: map[string]string{
			"ramp:from=1,to=50,duration=0.1":         "from 1/s to 50/s",
			"ramp:from=1,to=50,over=1.5,duration=60": "from 1/s to 50/s over 1.5 s",
		},
		invalid: []bad{{Ramp{-1, math.NaN(), 0}, []string{`from "-1"`, `to "NaN"`, `over "0s"`}}},
	}.run(t)
}

func BenchmarkRamp(b *testing.B) { benchmarkArrivals(b, "ramp:from=0,to=1e6,duration=3600") }
