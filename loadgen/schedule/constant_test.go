// SPDX-License-Identifier: Apache-2.0

package schedule

import (
	"math"
	"testing"
)

func TestConstant(t *testing.T) {
	kindTest{
		curves: []curve{{"constant", "constant:rate=200,duration=100", func(float64) float64 { return 200 }}},
		beyond: []moment{{"pause", Constant{}, 20, 0, 0}},
		forms:  map[string]string{"constant:rate=1e3,duration=1e3": "constant:rate=1000,duration=1000"},
		words:  map[string]string{"constant:rate=2.5": "2.5/s"},
		invalid: []bad{
			{Constant{-1}, []string{`rate "-1"`}},
			{Constant{0}, nil},
			{Constant{math.NaN()}, []string{`rate "NaN"`}},
			{Constant{math.Inf(1)}, []string{`rate "+Inf"`}},
			{Constant{MaxRate * 2}, []string{`rate "2000000"`}},
		},
	}.run(t)
}

func BenchmarkConstant(b *testing.B) { benchmarkArrivals(b, "constant:rate=1e6,duration=3600") }
