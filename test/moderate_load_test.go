// SPDX-License-Identifier: Apache-2.0

package test

import (
	"testing"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/observe"
)

// The rate begins at 20 requests per second. Its average over the window of
// 5 s is highest when the window is just full:
//
//	20 * (1-exp(-0.02*5)) / (0.02*5) = 19.0
//
// and ceil(19.0 / 10) = 2 replicas. Arrivals are random: those 95 requests have
// a standard deviation of 10, or 2.0 per second, so that now and then the rate
// passes 20 and asks for a third; a fourth would need 30, more than five
// deviations up.
//
// The average passes 11, the target and its tolerance, before the window is
// full and falls below it 32 s after the start; the autoscaler looks at least
// once in that time. The rate itself has come down to 10 after
// ln(20/10)/0.02 = 35 s, and one more look at a full window later no further
// replica can be wanted.
func TestModerateLoad(t *testing.T) {
	const (
		arrivalRate  = 20
		decayRate    = 0.02
		wantAtLeast  = 2
		wantAtMost   = 3
		settledAfter = scrapeInterval + rateWindow + hpaSync
	)
	length := loadLength(fallsTo(arrivalRate, decayRate, targetAverage) + settledAfter)
	s := start(t, quiet+max(length, scaleUpReaction)+answer)
	s.awaitQuiet()

	before := s.observer.Mark()
	load := s.startLoad(heavywork(arrivalRate, decayRate), length)
	s.await(scaleUpReaction, "a second replica to answer", func(now observe.State) bool { return now.Ready >= wantAtLeast })
	load.wait()

	states := s.observer.Since(before)
	if most := states.MostWanted(); most > wantAtMost {
		t.Errorf("up to %d replicas were wanted, want no more than %d:\n%s", most, wantAtMost, states)
	}
}
