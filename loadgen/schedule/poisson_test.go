// SPDX-License-Identifier: Apache-2.0

package schedule

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

func mustPoisson(t testing.TB, profile Profile, duration time.Duration, seed uint64) *Poisson {
	t.Helper()
	p, err := NewPoisson(profile, duration, seed)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPoissonArrivalsAreOrderedAndInside(t *testing.T) {
	for _, tt := range []struct {
		name     string
		d        Decay
		duration time.Duration
	}{
		{"guide's moderate benchmark", Decay{20, 0.02}, 500 * time.Second},
		{"constant", Decay{200, 0}, 20 * time.Second},
		{"fast", Decay{100_000, 0.5}, time.Second},
		{"over before its duration", Decay{1000, 10}, time.Hour},
	} {
		t.Run(tt.name, func(t *testing.T) {
			count, last := 0, time.Duration(0)
			for at := range mustPoisson(t, tt.d, tt.duration, 7).Arrivals() {
				if at < last || at >= tt.duration {
					t.Fatalf("arrival %d at %s, after one at %s, in a run of %s", count, at, last, tt.duration)
				}
				count, last = count+1, at
			}
			if count == 0 {
				t.Fatal("no arrivals")
			}
		})
	}
}

// The numbers pin the meaning of a seed: a run recorded today can be repeated
// tomorrow, with another Go release too.
func TestPoissonSeedRepeatsARun(t *testing.T) {
	p := mustPoisson(t, Decay{20, 0.02}, 500*time.Second, 1)
	want := []string{"5.443ms", "65.531ms", "77.458ms", "83.114ms"}
	var got []string
	for at := range p.Arrivals() {
		if got = append(got, at.Round(time.Microsecond).String()); len(got) == len(want) {
			break
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("first arrivals of seed 1: %q, want %q", got, want)
	}
	if first, second := slices.Collect(p.Arrivals()), slices.Collect(p.Arrivals()); !slices.Equal(first, second) {
		t.Error("two passes over one process differ")
	}
	other := mustPoisson(t, Decay{20, 0.02}, 500*time.Second, 2)
	if slices.Equal(slices.Collect(p.Arrivals()), slices.Collect(other.Arrivals())) {
		t.Error("seeds 1 and 2 give the same arrivals")
	}
}

func TestNewPoissonListsEveryProblem(t *testing.T) {
	_, err := NewPoisson(Decay{-1, -2}, 0, 0)
	if err == nil {
		t.Fatal("no error")
	}
	for _, fragment := range []string{`arrival-rate "-1"`, `decay-rate "-2"`, `duration "0s"`} {
		if !strings.Contains(err.Error(), fragment) {
			t.Errorf("error %q lacks %q", err, fragment)
		}
	}
}

type brokenProfile struct{ Decay }

func (brokenProfile) Validate() error { return errors.New("no curve here") }

func TestNewPoissonKeepsTheErrorOfAForeignProfile(t *testing.T) {
	if _, err := NewPoisson(brokenProfile{}, time.Second, 0); err == nil || !strings.Contains(err.Error(), "no curve here") {
		t.Errorf("error = %v, want the profile's own text", err)
	}
}

// One operation is one arrival.
func BenchmarkArrivals(b *testing.B) {
	points := make([]string, 10_000)
	for i := range points {
		points[i] = number(float64(i)) + ":" + number(50_000+float64(i%7)*10_000)
	}
	for _, bench := range []struct{ name, profile string }{
		{"constant", "constant:rate=1e6,duration=3600"},
		{"decay", "decay:arrival_rate=1e6,decay_rate=1e-5,duration=3600"},
		{"ramp", "ramp:from=0,to=1e6,duration=3600"},
		{"step", "step:from=0,by=1000,every=4,duration=3600"},
		{"list of steps", "step:rates=" + strings.Repeat("1e6/5e5/", 500) + "1,every=3"},
		{"spike", "spike:base=1e5,peak=1e6,at=2,width=3000,duration=3600"},
		{"sine", "sine:mean=5e5,amplitude=4e5,period=60,duration=3600"},
		{"sine to 0", "sine:mean=5e5,amplitude=5e5,period=60,duration=3600"},
		{"trace of 10,000 points", "trace:points=" + strings.Join(points, "/")},
		{"sequence of 3", "constant:rate=1e6,duration=60;ramp:from=1e6,to=1e5,duration=600;decay:arrival_rate=1e6,decay_rate=1e-3,duration=3600"},
	} {
		b.Run(bench.name, func(b *testing.B) {
			plan := mustParse(b, bench.profile)
			p := mustPoisson(b, plan, plan.Duration(), 1)
			b.ReportAllocs()
			b.ResetTimer()
			left := b.N
			for left > 0 { // again from the start when a schedule is over
				for range p.Arrivals() {
					if left--; left <= 0 {
						break
					}
				}
			}
		})
	}
}

func TestDrawingArrivalsAllocatesNothing(t *testing.T) {
	for _, c := range curves {
		plan := mustParse(t, c.profile)
		p := mustPoisson(t, plan, plan.Duration(), 1)
		// The random source and the iterator are made once per pass.
		count := 0
		if allocations := testing.AllocsPerRun(1, func() {
			for range p.Arrivals() {
				count++
			}
		}); allocations > 5 {
			t.Errorf("%s: %.0f allocations for %d arrivals", c.name, allocations, count/2)
		}
	}
}
