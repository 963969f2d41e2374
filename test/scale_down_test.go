// SPDX-License-Identifier: Apache-2.0

package test

import (
	"testing"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/observe"
)

// With the load gone the rate is zero after one rate window, and the fewest
// replicas, by default one, are enough for that. They stay alone only after the stabilization window: sooner
// would mean that the window does not work, later that something does not.
func TestScaleDown(t *testing.T) {
	b := shared.budget
	length := loadLength(b.scaleUpReaction())
	s := start(t, b.quiet()+length+answer+b.scaleDownReaction())
	b.needRoom(t, 1)
	s.awaitQuiet()

	load := s.startLoad(flood("/heavywork"), length)
	s.awaitMost(b.scaleUpReaction())
	load.finish()
	ended, mark := time.Now(), s.observer.Mark()

	s.awaitFewest(b.scaleDownReaction())

	states := s.observer.Since(mark)
	first, found := states.First(func(now observe.State) bool { return now.Wanted < b.maxReplicas })
	if !found {
		t.Fatalf("no state has fewer than %d replicas:\n%s", b.maxReplicas, states)
	}
	if after := first.At.Sub(ended); after < b.earliestScaleDown() {
		t.Errorf("the first replica went %s after the end of the load, want no sooner than %s", after.Round(time.Second), b.earliestScaleDown())
	}
	if fewer, found := states.First(func(now observe.State) bool { return now.Wanted < b.minReplicas || now.Ready < b.minReplicas }); found {
		t.Errorf("for a while fewer than %d replicas answered: %s", b.minReplicas, fewer)
	}
}
