// SPDX-License-Identifier: Apache-2.0

package test

import (
	"testing"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/observe"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/budget"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/suite"
)

// After the end of the load, the rate is zero within one rate window, and the minimum
// of replicas, by default one, is enough. The others are removed only after the
// stabilization window: sooner would mean that the window does not work, later that
// something else does not.
func TestScaleDown(t *testing.T) {
	b := suite.Shared.Budget
	length := suite.LoadLength(b.ScaleUpReaction())
	s := suite.Start(t, b.Quiet()+length+budget.Answer+b.ScaleDownReaction())
	b.NeedRoom(t, 1)
	s.AwaitQuiet()

	load := s.StartLoad(suite.Flood("/heavywork"), length)
	s.AwaitMost(b.ScaleUpReaction())
	load.Finish()
	ended, mark := time.Now(), s.Observer.Mark()

	s.AwaitFewest(b.ScaleDownReaction())

	states := s.Observer.Since(mark)
	first, found := states.First(func(now observe.State) bool { return now.Wanted < b.MaxReplicas })
	if !found {
		t.Fatalf("no state has fewer than %d replicas:\n%s", b.MaxReplicas, states)
	}
	if after := first.At.Sub(ended); after < b.EarliestScaleDown() {
		t.Errorf("the first replica went %s after the end of the load, want no sooner than %s", after.Round(time.Second), b.EarliestScaleDown())
	}
	if fewer, found := states.First(func(now observe.State) bool { return now.Wanted < b.MinReplicas || now.Ready < b.MinReplicas }); found {
		t.Errorf("for a while fewer than %d replicas answered: %s", b.MinReplicas, fewer)
	}
}
