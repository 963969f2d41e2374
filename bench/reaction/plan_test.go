// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"
	"time"
)

func TestPlanAlternatesAndSpreadsPhases(t *testing.T) {
	const rounds = 5
	blocks := plan(rounds, seed)
	if len(blocks) != 2*rounds {
		t.Fatalf("%d blocks, want two for each of %d rounds", len(blocks), rounds)
	}
	changes := 0
	parts := map[string]map[int]bool{}
	counts := map[string]int{}
	for _, b := range blocks {
		for _, task := range b.Tasks {
			counts[task.Setting]++
		}
	}
	for i, b := range blocks {
		if i > 0 && b.Clock != blocks[i-1].Clock {
			changes++
		}
		for _, task := range b.Tasks {
			if _, known := apps[task.App]; !known {
				t.Errorf("%s is measured on %q, which is not created", task.Setting, task.App)
			}
			if task.Phase < 0 || task.Phase >= b.Clock.Sync {
				t.Errorf("%s waits %s, want less than a period of %s", task.Setting, task.Phase, b.Clock.Sync)
			}
			if parts[task.Setting] == nil {
				parts[task.Setting] = map[int]bool{}
			}
			parts[task.Setting][int(float64(task.Phase)/float64(b.Clock.Sync)*float64(counts[task.Setting]))] = true
		}
	}
	if changes != rounds {
		t.Errorf("the clock is changed %d times, want once a round", changes)
	}
	for _, setting := range append([]string{guide, ours}, knobs...) {
		if len(parts[setting]) != counts[setting] {
			t.Errorf("the %d steps of %s are in %d parts of the period, want one in each", counts[setting], setting, len(parts[setting]))
		}
	}
	if counts[guide] != 2*rounds || counts[ours] != 2*rounds || counts[floor] != 2*rounds {
		t.Errorf("steps are %v, want %d of guide, ours and floor each", counts, 2*rounds)
	}
}

func TestConsequencesProveTheirCauses(t *testing.T) {
	began := time.Unix(1000, 0)
	at := func(ms int) time.Time { return began.Add(time.Duration(ms) * time.Millisecond) }
	var m marks
	for moment, ms := range map[int]int{scraped: 500, served: 1250, decided: 1200, scheduled: 1300, ready: 2000, answered: 2500} {
		m.set(moment, at(ms)) // visible was never seen, and served after the decision it led to
	}
	m.set(scraped, at(900)) // later than the first time: without effect
	want := [moments]float64{0.5, 1.2, 1.2, 1.2, 1.3, 2.0, 2.5}
	if got := m.since(began); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}
