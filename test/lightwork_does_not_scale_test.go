// SPDX-License-Identifier: Apache-2.0

package test

import "testing"

// The same load that takes /heavywork to all replicas, on the path that is not
// counted, for longer than the autoscaler needs to decide: nothing may move.
func TestLightworkDoesNotScale(t *testing.T) {
	b := shared.budget
	length := loadLength(b.scaleUpDecision())
	s := start(t, b.quiet()+length+4*answer)
	b.needRoom(t, 1)
	pods := s.awaitQuiet().Pods

	before, counted := s.observer.Mark(), s.counted(pods)
	s.startLoad(flood("/lightwork"), length).wait()

	states := s.observer.Since(before)
	if most := states.MostWanted(); most != b.minReplicas {
		t.Errorf("up to %d replicas were wanted, want %d throughout:\n%s", most, b.minReplicas, states)
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
