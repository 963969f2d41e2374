// SPDX-License-Identifier: Apache-2.0

package test

import (
	"testing"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/observe"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/budget"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/suite"
)

// By default 80 requests per second are eight pods' worth of the target of 10;
// the highest number of replicas is 5, so the autoscaler goes there, and no
// further. From one pod this takes a single step: its policy adds up to four
// pods in 15 s. With other limits the rate is the same multiple of what all pods
// should get.
//
// At full length the rate ends at 80*exp(-0.001*500) = 48.5, with a standard
// deviation of 3 over the window of 5 s. One pod less would need a rate of 40 or
// below in each sync of the stabilization window, so none may go before the end.
func TestScaleUp(t *testing.T) {
	b := suite.Shared.Budget
	length := suite.LoadLength(b.ScaleUpReaction())
	s := suite.Start(t, b.Quiet()+length+budget.Answer)
	b.NeedRoom(t, 1)
	s.AwaitQuiet()

	before := s.Observer.Mark()
	load := s.StartLoad(suite.Flood("/heavywork"), length)
	s.AwaitMost(b.ScaleUpReaction())
	reached := s.Observer.Mark()
	load.Finish()

	states := s.Observer.Since(before)
	if most := states.MostWanted(); most != b.MaxReplicas {
		t.Errorf("up to %d replicas were wanted, want at most %d", most, b.MaxReplicas)
	}
	// It is the rate that scaled, not something else: the autoscaler saw one pod
	// above the target.
	highest := states.HighestAverage()
	if highest.AsApproximateFloat64() <= b.Target {
		t.Errorf("the autoscaler saw at most %s requests per second and pod, want more than the target of %g", &highest, b.Target)
	}
	if fewer, found := s.Observer.Since(reached).First(func(now observe.State) bool { return now.Wanted < b.MaxReplicas }); found {
		t.Errorf("a replica was taken away under load: %s", fewer)
	}
}
