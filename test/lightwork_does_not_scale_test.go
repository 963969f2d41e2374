// SPDX-License-Identifier: Apache-2.0

package test

import "testing"

// The same load that takes /heavywork to five replicas, on the path that is not
// counted, for longer than the autoscaler needs to decide: nothing may move.
func TestLightworkDoesNotScale(t *testing.T) {
	length := loadLength(scaleUpDecision)
	s := start(t, quiet+length+4*answer)
	pods := s.awaitQuiet().Pods

	before, counted := s.observer.Mark(), s.counted(pods)
	s.startLoad(load{path: "/lightwork", arrivalRate: 80, decayRate: 0.001}, length).wait()

	states := s.observer.Since(before)
	if most := states.MostWanted(); most != minReplicas {
		t.Errorf("up to %d replicas were wanted, want %d throughout:\n%s", most, minReplicas, states)
	}
	if highest := states.HighestAverage(); !highest.IsZero() {
		t.Errorf("the autoscaler saw up to %s requests per second, want 0 throughout", &highest)
	}
	if now := s.counted(pods); now != counted {
		t.Errorf("%s went from %g to %g, want no change", counterName, counted, now)
	}
	// The autoscaler could have seen nothing because there was nothing to see.
	list, err := servedMetric(s.client).Values(s.ctx)
	if err != nil {
		t.Fatal(err)
	}
	if len(list.Items) != len(pods) {
		t.Fatalf("the metric has %d values, want one for each of the pods %q", len(list.Items), pods)
	}
	for _, item := range list.Items {
		if !item.Value.IsZero() {
			t.Errorf("the metric of pod %q is %s, want 0", item.DescribedObject.Name, &item.Value)
		}
	}
}
