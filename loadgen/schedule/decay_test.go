// SPDX-License-Identifier: Apache-2.0

package schedule

import (
	"math"
	"testing"
)

func TestDecay(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	kindTest{
		curves: []curve{
			{"decay", "decay:arrival_rate=500,decay_rate=0.02,duration=100", func(t float64) float64 { return 500 * math.Exp(-0.02*t) }},
			{"decay of the guide", "decay:duration=500", func(t float64) float64 { return 20 * math.Exp(-0.02*t) }},
		},
		forms: map[string]string{
			"decay":                          "decay:arrival_rate=20,decay_rate=0.02,duration=500",
			"decay:decay_rate=0,duration=1h": "decay:arrival_rate=20,decay_rate=0,duration=3600",
		},
		words: map[string]string{
			"decay":                               "20/s * exp(-0.02 t)",
			"decay:arrival_rate=7.5,decay_rate=0": "7.5/s",
		},
		refused: map[string][]string{
			"decay:arrival_rate=0":  {`profile decay:arrival_rate "0": must be above 0`},
			"decay:decay_rate=-0.1": {`profile decay:decay_rate "-0.1": must be from 0`},
		},
		invalid: []bad{
			{Decay{20, 0}, nil},
			{Decay{0, 0.02}, []string{`arrival-rate "0"`}},
			{Decay{2e6, 0}, []string{`arrival-rate "2000000"`}},
			{Decay{20, -0.02}, []string{`decay-rate "-0.02": must be from 0 (constant rate) to 1000000 per second, for example 0.02; a growing rate`}},
			{Decay{nan, nan}, []string{`arrival-rate "NaN"`, `decay-rate "NaN"`}},
			{Decay{inf, inf}, []string{`arrival-rate "+Inf"`, `decay-rate "+Inf"`}},
		},
	}.run(t)
}

func BenchmarkDecay(b *testing.B) {
	benchmarkArrivals(b, "decay:arrival_rate=1e6,decay_rate=1e-5,duration=3600")
}

func TestDecayCumulativeIsTheIntegralOfTheRate(t *testing.T) {
	for _, tt := range []struct {
		name string
		d    Decay
		end  float64
	}{
		{"guide's moderate benchmark", Decay{20, 0.02}, 500},
		{"guide's heavy benchmark", Decay{80, 0.001}, 500},
		{"constant", Decay{20, 0}, 500},
		{"steep", Decay{1000, 2}, 10},
		{"hardly any decay", Decay{20, 1e-12}, 500},
		{"smallest decay there is", Decay{20, math.SmallestNonzeroFloat64}, 500},
	} {
		t.Run(tt.name, func(t *testing.T) {
			want := integrate(tt.d.Rate, tt.end).at(tt.end)
			if got := tt.d.Cumulative(tt.end); math.Abs(got-want) > 1e-6*want {
				t.Errorf("Cumulative(%g) = %g, the integral is %g", tt.end, got, want)
			}
		})
	}
}

func TestDecayInverseUndoesCumulative(t *testing.T) {
	for _, d := range []Decay{{20, 0.02}, {80, 0.001}, {20, 0}, {1000, 2}, {20, 1e-12}, {20, math.SmallestNonzeroFloat64}} {
		for _, at := range []float64{0, 1e-6, 0.5, 3, 7.25} {
			if got := d.Inverse(d.Cumulative(at)); math.Abs(got-at) > 1e-9*(1+at) {
				t.Errorf("%+v: Inverse(Cumulative(%g)) = %g", d, at, got)
			}
		}
	}
}

func TestDecayInverseIsInfiniteBeyondTheTotal(t *testing.T) {
	d := Decay{ArrivalRate: 20, DecayRate: 0.02} // holds 1000 requests in all
	if got := d.Inverse(999.999); math.IsInf(got, 1) {
		t.Errorf("Inverse(999.999) = %g, want a finite time", got)
	}
	for _, mass := range []float64{1000, 1000.001, 1e300} {
		if got := d.Inverse(mass); !math.IsInf(got, 1) {
			t.Errorf("Inverse(%g) = %g, want +Inf", mass, got)
		}
	}
}
