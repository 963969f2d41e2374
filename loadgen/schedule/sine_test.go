// SPDX-License-Identifier: Apache-2.0

package schedule

import (
	"math"
	"testing"
	"time"
)

func TestSine(t *testing.T) {
	kindTest{
		curves: []curve{
			{"sine", "sine:mean=200,amplitude=150,period=17,phase=1,duration=100", func(t float64) float64 {
				return 200 + 150*math.Sin(2*math.Pi*t/17+1)
			}},
			{"down to 0", "sine:mean=200,amplitude=200,period=3,duration=100", func(t float64) float64 {
				return 200 + 200*math.Sin(2*math.Pi*t/3)
			}},
		},
		beyond: []moment{
			{"after two periods", Sine{Mean: 3, Amplitude: 3, Period: 10 * time.Second, Phase: math.Pi / 2}, 20, 6, 60},
			{"of nothing", Sine{Mean: 0, Amplitude: 0, Period: 10 * time.Second}, 20, 0, 0},
		},
		forms:   map[string]string{"sine:mean=5,amplitude=5,period=1m": "sine:mean=5,amplitude=5,period=60,phase=0,duration=500"},
		words:   map[string]string{"sine:mean=5,amplitude=4.5,period=1m": "5/s +- 4.5/s every 60 s"},
		refused: map[string][]string{"sine:mean=5,amplitude=7,period=9": {`profile sine:amplitude "7": must be from 0 to the mean (5)`}},
		invalid: []bad{
			{Sine{-1, math.NaN(), 0, math.Inf(1)}, []string{`mean "-1"`, `amplitude "NaN"`, `period "0s"`, `phase "+Inf"`}},
			{Sine{5, 6, time.Second, 0}, []string{`amplitude "6": must be from 0 to the mean (5)`}},
			{Sine{5, 5, time.Second, -3}, nil},
		},
	}.run(t)
}

// Kepler's equation is hard where e is near 1 and the anomaly near 0.
func TestKepler(t *testing.T) {
	for _, e := range []float64{0, 0.1, 0.5, 0.9, 0.99, 0.999999, 1 - 1e-15, 1} {
		for _, m := range []float64{0, 1e-300, 1e-15, 1e-9, 1e-6, 1e-3, 0.01, 0.1, 1, 2, 3, math.Pi, 3.2, 5, 2 * math.Pi, 6.3, 100, 1e6, -1e-9, -2, -1000} {
			x := kepler(m, e)
			if got := x - e*math.Sin(x); math.Abs(got-m) > 1e-15*(1+math.Abs(m)) {
				t.Errorf("e = %g: E = %g solves M = %.17g, want %.17g", e, x, got, m)
			}
		}
	}
}

func BenchmarkSine(b *testing.B) {
	benchmarkArrivals(b, "sine:mean=5e5,amplitude=4e5,period=60,duration=3600")
}

func BenchmarkSineTo0(b *testing.B) {
	benchmarkArrivals(b, "sine:mean=5e5,amplitude=5e5,period=60,duration=3600")
}
