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
// tomorrow, even with another Go release.
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

func TestEvenKeepsToTheCurve(t *testing.T) {
	constant, err := NewEven(Constant{ArrivalRate: 4}, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	ms := func(list ...int) (all []time.Duration) {
		for _, n := range list {
			all = append(all, time.Duration(n)*time.Millisecond)
		}
		return all
	}
	if got, want := slices.Collect(constant.Arrivals()), ms(250, 500, 750); !slices.Equal(got, want) {
		t.Errorf("4 per second: got %v, want %v: the fourth is due when the second is over", got, want)
	}

	// After each arrival the curve holds as many requests as were sent.
	decay := Decay{ArrivalRate: 20, DecayRate: 0.02}
	falling, err := NewEven(decay, 500*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	sent := 0
	for at := range falling.Arrivals() {
		sent++
		if held := decay.Cumulative(at.Seconds()); held < float64(sent)-1e-3 || held > float64(sent)+1e-3 {
			t.Fatalf("request %d is due at %s, where the curve holds %v", sent, at, held)
		}
	}
	if want := int(decay.Cumulative(500)); sent != want {
		t.Errorf("%d requests in all, want %d", sent, want)
	}
}

func TestEvenRefuses(t *testing.T) {
	_, err := NewEven(Constant{ArrivalRate: -1}, 0)
	if err == nil || !strings.Contains(err.Error(), "rate") || !strings.Contains(err.Error(), "duration") {
		t.Errorf("got %v, want an error that names the rate and the duration", err)
	}
}
