// SPDX-License-Identifier: Apache-2.0

package test

import (
	"testing"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/observe"
)

// With the load gone the rate is zero after one rate window, and one replica is
// enough for that. It stays alone only after the stabilization window: sooner
// would mean that the window does not work, later that something does not.
func TestScaleDown(t *testing.T) {
	length := loadLength(scaleUpReaction)
	s := start(t, quiet+length+answer+scaleDownReaction)
	s.awaitQuiet()

	load := s.startLoad(heavywork(80, 0.001), length)
	s.await(scaleUpReaction, "all replicas to answer", func(now observe.State) bool {
		return now.Wanted == maxReplicas && now.Ready == maxReplicas
	})
	load.finish()
	ended, mark := time.Now(), s.observer.Mark()

	s.await(scaleDownReaction, "one replica to be left", func(now observe.State) bool {
		return now.Wanted == minReplicas && now.Ready == minReplicas && len(now.Pods) == minReplicas
	})

	states := s.observer.Since(mark)
	first, found := states.First(func(now observe.State) bool { return now.Wanted < maxReplicas })
	if !found {
		t.Fatalf("no state has fewer than %d replicas:\n%s", maxReplicas, states)
	}
	if after := first.At.Sub(ended); after < earliestScaleDown {
		t.Errorf("the first replica went %s after the end of the load, want no sooner than %s", after.Round(time.Second), earliestScaleDown)
	}
	if fewer, found := states.First(func(now observe.State) bool { return now.Wanted < minReplicas || now.Ready < minReplicas }); found {
		t.Errorf("for a while fewer than %d replicas answered: %s", minReplicas, fewer)
	}
}
