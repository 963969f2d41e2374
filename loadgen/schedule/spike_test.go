// SPDX-License-Identifier: Apache-2.0

package schedule

import (
	"testing"
	"time"
)

func TestSpike(t *testing.T) {
	kindTest{
		curves: []curve{
			{"spike", "spike:base=100,peak=2000,at=50,width=5,duration=100", func(t float64) float64 { return 100 + between(t, 50, 55, 1900) }},
			{"on nothing", "spike:base=0,peak=2000,at=50,width=10,duration=100", func(t float64) float64 { return between(t, 50, 60, 2000) }},
		},
		beyond: []moment{
			{"afterwards", Spike{Base: 1, Peak: 10, At: 5 * time.Second, Width: time.Second}, 10, 1, 19},
			{"after a dip", Spike{Base: 10, Peak: 0, At: 5 * time.Second, Width: time.Second}, 10, 10, 90},
			{"from the start", Spike{Base: 0, Peak: 7, At: 0, Width: time.Second}, 10, 0, 7},
		},
		forms:   map[string]string{"spike:base=1,peak=9,at=0,width=1": "spike:base=1,peak=9,at=0,width=1,duration=500"},
		words:   map[string]string{"spike:base=1,peak=9,at=1m,width=0.5": "1/s, 9/s at 60 s for 0.5 s"},
		refused: map[string][]string{"spike:base=1,peak=2,at=10m,width=1": {`profile spike:at "10m": must be before the end of the segment, which lasts 8m20s`}},
		invalid: []bad{{Spike{-1, -2, -time.Second, 0}, []string{`base "-1"`, `peak "-2"`, `at "-1s"`, `width "0s"`}}},
	}.run(t)
}

func BenchmarkSpike(b *testing.B) {
	benchmarkArrivals(b, "spike:base=1e5,peak=1e6,at=2,width=3000,duration=3600")
}
