// SPDX-License-Identifier: Apache-2.0

package test

import (
	"testing"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/budget"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/suite"
)

// The same load that takes /heavywork to all replicas, on the path that is not
// counted, for longer than the autoscaler needs to decide: nothing may move.
func TestLightworkDoesNotScale(t *testing.T) {
	b := suite.Shared.Budget
	length := suite.LoadLength(b.ScaleUpDecision())
	s := suite.Start(t, b.Quiet()+length+4*budget.Answer)
	b.NeedRoom(t, 1)
	pods := s.AwaitQuiet().Pods

	before, counted := s.Observer.Mark(), s.Counted(pods)
	s.StartLoad(suite.Flood("/lightwork"), length).Wait()

	states := s.Observer.Since(before)
	if most := states.MostWanted(); most != b.MinReplicas {
		t.Errorf("up to %d replicas were wanted, want %d throughout:\n%s", most, b.MinReplicas, states)
	}
	if highest := states.HighestAverage(); !highest.IsZero() {
		t.Errorf("the autoscaler saw up to %s requests per second, want 0 throughout", &highest)
	}
	if now := s.Counted(pods); now != counted {
		t.Errorf("%s went from %g to %g, want no change", suite.CounterName, counted, now)
	}
	// Zero proves something only if the metric was served.
	list, err := suite.ServedMetric(s.Client).Values(s.Ctx)
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
