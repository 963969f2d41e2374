// SPDX-License-Identifier: Apache-2.0

package test

import (
	"testing"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/observe"
)

// 80 requests per second are eight pods' worth of the target of 10; the highest
// number of replicas is 5, so the autoscaler goes there, and no further. From
// one pod this takes a single step: its default policy adds up to four pods in
// 15 s.
//
// At full length the rate ends at 80*exp(-0.001*500) = 48.5, with a standard
// deviation of 3 over the window of 5 s. One pod less would need a rate of 40 or
// below in each look of the stabilization window, so none may go before the end.
func TestScaleUp(t *testing.T) {
	length := loadLength(scaleUpReaction)
	s := start(t, quiet+length+answer)
	s.awaitQuiet()

	before := s.observer.Mark()
	load := s.startLoad(heavywork(80, 0.001), length)
	s.await(scaleUpReaction, "all replicas to answer", func(now observe.State) bool {
		return now.Wanted == maxReplicas && now.Ready == maxReplicas
	})
	reached := s.observer.Mark()
	load.finish()

	states := s.observer.Since(before)
	if most := states.MostWanted(); most != maxReplicas {
		t.Errorf("up to %d replicas were wanted, want at most %d", most, maxReplicas)
	}
	// It is the rate that scaled, not something else: the autoscaler saw one pod
	// above the target.
	highest, target := states.HighestAverage(), resource.NewQuantity(targetAverage, resource.DecimalSI)
	if highest.Cmp(*target) <= 0 {
		t.Errorf("the autoscaler saw at most %s requests per second and pod, want more than the target of %s", &highest, target)
	}
	if fewer, found := s.observer.Since(reached).First(func(now observe.State) bool { return now.Wanted < maxReplicas }); found {
		t.Errorf("a replica was taken away under load: %s", fewer)
	}
}
