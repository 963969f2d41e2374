// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestSpread(t *testing.T) {
	for _, c := range []struct {
		name   string
		shares []float64
		want   Spread
	}{
		{"even", []float64{100, 100, 100, 100}, Spread{Sum: 400, Mean: 100, CV: 0, Chance: math.Sqrt(3.0 / 400)}},
		{"uneven", []float64{90, 110}, Spread{Sum: 200, Mean: 100, CV: 0.1, Chance: math.Sqrt(1.0 / 200)}},
		{"all to one", []float64{0, 300, 0}, Spread{Sum: 300, Mean: 100, CV: math.Sqrt2, Chance: math.Sqrt(2.0 / 300)}},
		{"one pod", []float64{7}, Spread{Sum: 7, Mean: 7}},
		{"no request", []float64{0, 0}, Spread{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := SpreadOf(c.shares)
			if got.Sum != c.want.Sum || got.Mean != c.want.Mean || math.Abs(got.CV-c.want.CV) > 1e-12 || math.Abs(got.Chance-c.want.Chance) > 1e-12 {
				t.Errorf("spread of %v is %+v, want %+v", c.shares, got, c.want)
			}
		})
	}
}

// Chance agrees with the spread of many random draws.
func TestChanceIsTheSpreadOfLots(t *testing.T) {
	const pods, requests, draws = 5, 1000, 2000
	lots := rand.New(rand.NewPCG(1, 2))
	var squares, chance float64
	for range draws {
		shares := make([]float64, pods)
		for range requests {
			shares[lots.IntN(pods)]++
		}
		s := SpreadOf(shares)
		squares += s.CV * s.CV
		chance = s.Chance
	}
	if got := math.Sqrt(squares / draws); math.Abs(got/chance-1) > 0.03 {
		t.Errorf("random draws have a coefficient of variation of %.4f, but Chance is %.4f", got, chance)
	}
}
