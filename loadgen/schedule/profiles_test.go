// SPDX-License-Identifier: Apache-2.0

package schedule

import (
	"math"
	"strings"
	"testing"
	"time"
)

// The curves of statistics_test.go are written down a second time, by hand: what
// a profile says of itself is compared with them here.

func TestRateIsTheStatedCurve(t *testing.T) {
	for _, c := range curves {
		t.Run(c.name, func(t *testing.T) {
			plan := mustParse(t, c.profile)
			end := plan.Duration().Seconds()
			for at := 0.0005; at < end; at += end / 5000 {
				if got, want := plan.Rate(at), c.rate(at); math.Abs(got-want) > 1e-9*(1+want) {
					t.Fatalf("Rate(%g) = %g, want %g", at, got, want)
				}
			}
			if before, after := plan.Rate(-1), plan.Rate(end); before != 0 || after != 0 {
				t.Errorf("rate before the start %g, at the end %g, want 0", before, after)
			}
		})
	}
}

func TestCumulativeIsTheIntegralOfTheRate(t *testing.T) {
	for _, c := range curves {
		t.Run(c.name, func(t *testing.T) {
			plan := mustParse(t, c.profile)
			end := plan.Duration().Seconds()
			lambda := integrate(c.rate, end)
			for i := 0; i < int(end/gridStep); i += 97 {
				at := float64(i) * gridStep
				if got, want := plan.Cumulative(at), lambda[i]; math.Abs(got-want) > 1e-6*(1+want) {
					t.Fatalf("Cumulative(%g) = %.9g, want %.9g", at, got, want)
				}
			}
			if got, want := plan.Expected(), lambda.at(end); math.Abs(got-want) > 1e-6*want {
				t.Errorf("Expected() = %.9g, want %.9g", got, want)
			}
			if plan.Cumulative(-1) != 0 || plan.Cumulative(end+1) != plan.Expected() {
				t.Errorf("Cumulative before the start %g, after the end %g, want 0 and %g", plan.Cumulative(-1), plan.Cumulative(end+1), plan.Expected())
			}
		})
	}
}

// Lambda(Lambda^-1(mass)) = mass is what makes arrivals exact; with a rate of
// nearly 0 the time itself is not determined any better than that.
func TestInverseUndoesCumulative(t *testing.T) {
	for _, c := range curves {
		t.Run(c.name, func(t *testing.T) {
			plan := mustParse(t, c.profile)
			total, last := plan.Expected(), 0.0
			for i := range 20_001 {
				mass := total * float64(i) / 20_000
				at := plan.Inverse(mass)
				if got := plan.Cumulative(at); math.Abs(got-mass) > 1e-12*total {
					t.Fatalf("Cumulative(Inverse(%.17g)) = %.17g", mass, got)
				}
				if at < last-1e-9 {
					t.Fatalf("Inverse(%g) = %.17g, less than for a smaller mass (%.17g)", mass, at, last)
				}
				last = at
			}
			if got := plan.Inverse(0); got != 0 {
				t.Errorf("Inverse(0) = %g", got)
			}
			for _, mass := range []float64{total * 1.000001, math.Inf(1), math.NaN()} {
				if got := plan.Inverse(mass); !math.IsInf(got, 1) {
					t.Errorf("Inverse(%g) = %g, want +Inf", mass, got)
				}
			}
		})
	}
}

// Profiles by themselves, without a sequence around them that knows where they
// end: what they do beyond their last change.
func TestProfilesHaveNoEnd(t *testing.T) {
	steps, err := NewSteps(10*time.Second, 5, 0, 20)
	if err != nil {
		t.Fatal(err)
	}
	trace, err := NewTrace(Point{0, 0}, Point{10, 10}, Point{10, 4})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name                 string
		profile              Shape
		at, rate, cumulative float64
	}{
		{"ramp stays at its end", Ramp{From: 0, To: 10, Over: 10 * time.Second}, 15, 10, 100},
		{"ramp to 0 stays there", Ramp{From: 10, To: 0, Over: 10 * time.Second}, 15, 0, 50},
		{"steps climb on", Step{From: 1, By: 2, Every: 10 * time.Second}, 1005, 201, 10*(100*1+2*4950) + 5*201},
		{"steps end at 0", Step{From: 5, By: -2, Every: 10 * time.Second}, 1005, 0, 90},
		{"equal steps", Step{From: 5, By: 0, Every: 10 * time.Second}, 1005, 5, 5025},
		{"steps from less than half a step", Step{From: 1, By: 10, Every: time.Second}, 2.5, 21, 22.5},
		{"no steps", Step{From: 0, By: 0, Every: 10 * time.Second}, 1005, 0, 0},
		{"the last of a list is held", steps, 35, 20, 50 + 300},
		{"the last point is held", trace, 12, 4, 58},
		{"after a spike", Spike{Base: 1, Peak: 10, At: 5 * time.Second, Width: time.Second}, 10, 1, 19},
		{"after a dip", Spike{Base: 10, Peak: 0, At: 5 * time.Second, Width: time.Second}, 10, 10, 90},
		{"a spike from the start", Spike{Base: 0, Peak: 7, At: 0, Width: time.Second}, 10, 0, 7},
		{"sine after two periods", Sine{Mean: 3, Amplitude: 3, Period: 10 * time.Second, Phase: math.Pi / 2}, 20, 6, 60},
		{"no sine", Sine{Mean: 0, Amplitude: 0, Period: 10 * time.Second}, 20, 0, 0},
		{"pause", Constant{}, 20, 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := tt.profile.Validate(); err != nil {
				t.Fatal(err)
			}
			if got := tt.profile.Rate(tt.at); math.Abs(got-tt.rate) > 1e-9 {
				t.Errorf("Rate(%g) = %g, want %g", tt.at, got, tt.rate)
			}
			if got := tt.profile.Cumulative(tt.at); math.Abs(got-tt.cumulative) > 1e-9*(1+tt.cumulative) {
				t.Errorf("Cumulative(%g) = %g, want %g", tt.at, got, tt.cumulative)
			}
			mass := tt.profile.Cumulative(tt.at)
			if got := tt.profile.Inverse(mass); got > tt.at+1e-6 || math.Abs(tt.profile.Cumulative(got)-mass) > 1e-9*(1+mass) {
				t.Errorf("Inverse(%g) = %g, where Cumulative is %g", mass, got, tt.profile.Cumulative(got))
			}
			if tt.rate == 0 {
				if got := tt.profile.Inverse(mass + 1); !math.IsInf(got, 1) {
					t.Errorf("Inverse(%g) = %g beyond all mass", mass+1, got)
				}
			}
			if got := tt.profile.Inverse(0); got != 0 {
				t.Errorf("Inverse(0) = %g", got)
			}
		})
	}
}

func TestInverseIsTheEarliestTime(t *testing.T) {
	plan := mustParse(t, "constant:rate=10,duration=10;constant:rate=0,duration=50;constant:rate=10,duration=10")
	if got := plan.Inverse(100); math.Abs(got-10) > 1e-9 {
		t.Errorf("Inverse(100) = %g, want 10: the start of the pause, not its end", got)
	}
	trace := mustParse(t, "trace:points=0:10/10:10/10:0/60:0/60:10/70:10")
	if got := trace.Inverse(100); math.Abs(got-10) > 1e-9 {
		t.Errorf("Inverse(100) = %g, want 10: the start of the gap, not its end", got)
	}
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

func TestValidateListsEveryProblem(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, tt := range []struct {
		name    string
		profile Profile
		want    []string // one fragment for each problem
	}{
		{"constant", Constant{-1}, []string{`rate "-1"`}},
		{"constant of nothing", Constant{0}, nil},
		{"not a number", Constant{nan}, []string{`rate "NaN"`}},
		{"infinite", Constant{inf}, []string{`rate "+Inf"`}},
		{"too much", Constant{MaxRate * 2}, []string{`rate "2000000"`}},
		{"ramp", Ramp{-1, nan, 0}, []string{`from "-1"`, `to "NaN"`, `over "0s"`}},
		{"step", Step{inf, inf, -time.Second}, []string{`from "+Inf"`, `by "+Inf"`, `every "-1s"`}},
		{"spike", Spike{-1, -2, -time.Second, 0}, []string{`base "-1"`, `peak "-2"`, `at "-1s"`, `width "0s"`}},
		{"sine", Sine{-1, nan, 0, inf}, []string{`mean "-1"`, `amplitude "NaN"`, `period "0s"`, `phase "+Inf"`}},
		{"sine below 0", Sine{5, 6, time.Second, 0}, []string{`amplitude "6": must be from 0 to the mean (5)`}},
		{"sine", Sine{5, 5, time.Second, -3}, nil},
		{"no sequence", Sequence{}, []string{`profile ""`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			checkProblems(t, tt.profile.Validate(), tt.want)
		})
	}
}

// checkProblems compares a list of problems with fragments of their texts.
func checkProblems(t *testing.T, err error, want []string) {
	t.Helper()
	problems := problemsOf(err)
	if len(problems) != len(want) {
		t.Fatalf("%d problems, want %d: %v", len(problems), len(want), err)
	}
	for i, fragment := range want {
		if text := problems[i].Error(); !strings.Contains(text, fragment) {
			t.Errorf("problem %d is %q, lacks %q", i+1, text, fragment)
		}
	}
}
