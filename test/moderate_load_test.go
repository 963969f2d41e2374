// SPDX-License-Identifier: Apache-2.0

package test

import (
	"math"
	"testing"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/observe"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/budget"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/suite"
)

// The rate starts at twice the target of the minimum replicas and falls by a tenth
// in one window: by default from 20 requests per second, by 0.02 per second. Its
// average over the window of 5 s is highest when the window is just full:
//
//	20 * (1-exp(-0.02*5)) / (0.02*5) = 19.0
//
// and ceil(19.0 / 10) = 2 replicas. Arrivals are random: those 95 requests have
// a standard deviation of 10, or 2.0 per second, so that now and then the rate
// passes 20 and asks for a third; a fourth would need 30, five deviations up.
//
// The average passes 11, the target and its tolerance, before the window is
// full and falls below it 32 s after the start; the autoscaler syncs at least
// once in that time. The rate itself has come down to 10 after
// ln(2)/0.02 = 35 s, and one more sync at a full window later no further replica
// can be wanted.
func TestModerateLoad(t *testing.T) {
	b := suite.Shared.Budget
	window := b.RateWindow.Seconds()
	moderate := suite.Load{Path: "/heavywork", ArrivalRate: b.Alone(2), DecayRate: 0.1 / window}
	halved := time.Duration(math.Ln2 / moderate.DecayRate * float64(time.Second))
	wantAtMost := min(b.MaxReplicas, int32(math.Ceil((moderate.ArrivalRate+5*math.Sqrt(moderate.ArrivalRate/window))/b.Target)))

	length := suite.LoadLength(halved + b.ScrapeInterval + b.RateWindow + b.HPASync)
	s := suite.Start(t, b.Quiet()+max(length, b.ScaleUpReaction())+budget.Answer)
	b.NeedRoom(t, 1)
	s.AwaitQuiet()

	before := s.Observer.Mark()
	load := s.StartLoad(moderate, length)
	s.Await(b.ScaleUpReaction(), "a second replica to answer", func(now observe.State) bool { return now.Ready > b.MinReplicas })
	load.Wait()

	states := s.Observer.Since(before)
	if most := states.MostWanted(); most > wantAtMost {
		t.Errorf("up to %d replicas were wanted, want no more than %d:\n%s", most, wantAtMost, states)
	}
}
