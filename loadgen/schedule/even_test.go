// SPDX-License-Identifier: Apache-2.0

package schedule

import (
	"slices"
	"strings"
	"testing"
	"time"
)

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
