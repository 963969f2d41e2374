// SPDX-License-Identifier: Apache-2.0

package schedule

import (
	"math"
	"slices"
	"testing"
	"time"
)

func TestSequence(t *testing.T) {
	kindTest{
		curves: []curve{
			{"sequence", "ramp:from=10,to=500,duration=20;constant:rate=0,duration=7;constant:rate=300,duration=12;" +
				"decay:arrival_rate=900,decay_rate=0.2,duration=10;constant:rate=50,duration=9", func(t float64) float64 {
				return between(t, 0, 20, 10+24.5*t) + between(t, 27, 39, 300) + between(t, 39, 49, 900*math.Exp(-0.2*(t-39))) + between(t, 49, 58, 50)
			}},
			{"scaled", "scale=2.5;constant:rate=20,duration=100;ramp:from=20,to=80,duration=100", func(t float64) float64 {
				return 2.5 * (20 + between(t, 100, 200, 0.6*(t-100)))
			}},
		},
		invalid: []bad{{Sequence{}, []string{`profile ""`}}},
	}.run(t)
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

// Nothing is due in a pause, and the expected number is due around it.
func TestNothingIsDueInAPause(t *testing.T) {
	for text, bursts := range map[string][][2]float64{
		"step:rates=20/0/20/0/20,every=60": {{0, 60}, {120, 180}, {240, 300}},
		"constant:rate=20,duration=30;constant:rate=0,duration=300.5;constant:rate=20,duration=29.5": {{0, 30}, {330.5, 360}},
		"scale=0.5;trace:points=0:40/30:40/30:0/90:0/90:40/120:40":                                   {{0, 30}, {90, 120}},
	} {
		plan := mustParse(t, text)
		arrivals, err := NewPoisson(plan, plan.Duration(), 3)
		if err != nil {
			t.Fatal(err)
		}
		counts := make([]float64, len(bursts))
		for at := range arrivals.Arrivals() {
			i := slices.IndexFunc(bursts, func(b [2]float64) bool { return at.Seconds() >= b[0] && at.Seconds() < b[1] })
			if i < 0 {
				t.Errorf("%s: a request is due at %s, in a pause", text, at)
				break
			}
			counts[i]++
		}
		for i, b := range bursts {
			// The seed is fixed: four deviations are not chance.
			if want := 20 * (b[1] - b[0]); math.Abs(counts[i]-want) > 4*math.Sqrt(want) {
				t.Errorf("%s: burst %d has %g requests, want about %g", text, i, counts[i], want)
			}
		}
	}
}

func BenchmarkSequence(b *testing.B) {
	benchmarkArrivals(b, "constant:rate=1e6,duration=60;ramp:from=1e6,to=1e5,duration=600;decay:arrival_rate=1e6,decay_rate=1e-3,duration=3600")
}

func TestNewSequenceListsEveryProblem(t *testing.T) {
	fine := Segment{Constant{5}, time.Second}
	for _, tt := range []struct {
		name     string
		segments []Segment
		want     []string
	}{
		{"fine", []Segment{fine, {Constant{0}, time.Second}}, nil},
		{"nothing", nil, []string{`profile "0 segments"`}},
		{"too many", slices.Repeat([]Segment{fine}, MaxSegments+1), []string{`profile "1001 segments"`}},
		{"no profile", []Segment{{nil, time.Second}}, []string{`profile "": is missing`}},
		{"only pauses", []Segment{{Constant{0}, time.Second}}, []string{`profile "constant:rate=0,duration=1": expects no request`}},
		{"two bad ones", []Segment{{Constant{-1}, 0}, fine, {Ramp{1, -2, time.Second}, time.Second}}, []string{
			`profile constant:rate (segment 1) "-1"`, `profile constant:duration (segment 1) "0s"`, `profile ramp:to (segment 3) "-2"`}},
		{"too long", []Segment{{Constant{1}, MaxDuration}, fine}, []string{`profile "8760h0m1s": must last at most 8760h0m0s in all`}},
		{"steps too high", []Segment{{Step{0, 1000, time.Second}, time.Hour}}, []string{`profile step:by "1000": reaches 3599000 requests per second`}},
		{"steps just high enough", []Segment{{Step{0, MaxRate, time.Second}, 2 * time.Second}}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := NewSequence(tt.segments...)
			checkProblems(t, err, tt.want)
		})
	}
}

func TestSegmentsStartTheirOwnClock(t *testing.T) {
	s := mustParse(t, "ramp:from=0,to=10,duration=10;ramp:from=0,to=10,duration=10")
	if a, b := s.Rate(7), s.Rate(17); a != 7 || b != 7 {
		t.Errorf("rates 7 s into each segment %g and %g, want 7", a, b)
	}
	if got := s.Duration(); got != 20*time.Second {
		t.Errorf("duration %s, want 20s", got)
	}
}

func TestExpectedPerSecond(t *testing.T) {
	got := mustParse(t, "scale=2;ramp:from=0,to=4,duration=4;constant:rate=0,duration=1;constant:rate=6,duration=1.5").ExpectedPerSecond()
	want := []float64{1, 3, 5, 7, 0, 12, 6}
	if len(got) != len(want) {
		t.Fatalf("%d seconds, want %d", len(got), len(want))
	}
	for i := range want {
		if math.Abs(got[i]-want[i]) > 1e-12 {
			t.Errorf("second %d expects %g, want %g", i, got[i], want[i])
		}
	}
}

func TestScaleMultipliesEveryRate(t *testing.T) {
	whole := mustParse(t, "ramp:from=0,to=40,duration=10;decay:duration=100")
	part := whole.Scale(0.5).Scale(0.5)
	if got := part.Factor(); got != 0.25 {
		t.Errorf("factor %g, want 0.25", got)
	}
	for _, at := range []float64{0, 3, 10, 50} {
		if got, want := part.Rate(at), whole.Rate(at)/4; got != want {
			t.Errorf("rate at %g is %g, want %g", at, got, want)
		}
	}
	if got, want := part.Expected(), whole.Expected()/4; got != want {
		t.Errorf("expects %g, want %g", got, want)
	}
	if got, want := part.Unscaled().String(), whole.String(); got != want {
		t.Errorf("unscaled %q, want %q", got, want)
	}
	if got := (Sequence{}).Scale(2).Expected(); got != 0 {
		t.Errorf("nothing, scaled, expects %g", got)
	}
}

func TestScaleRefusesWhatIsNoShare(t *testing.T) {
	for _, factor := range []float64{0, -1, math.NaN(), math.Inf(1)} {
		t.Run(number(factor), func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			mustParse(t, "decay").Scale(factor)
		})
	}
}

// Part 0 alone is the run itself, and JSON can hold every other seed exactly.
func TestPartSeedsAreDistinct(t *testing.T) {
	seen := make(map[uint64]bool)
	for seed := range uint64(100) {
		if got := PartSeed(seed, 0); got != seed {
			t.Errorf("PartSeed(%d, 0) = %d", seed, got)
		}
		for part := 1; part < 100; part++ {
			got := PartSeed(seed, part)
			if got>>53 != 0 || seen[got] {
				t.Errorf("PartSeed(%d, %d) = %d is too large or not the first of its kind", seed, part, got)
			}
			seen[got] = true
		}
	}
	if got := PartSeed(42, 1); got != 6679422623415661 {
		t.Errorf("PartSeed(42, 1) = %d: recorded runs could not be repeated", got)
	}
}
