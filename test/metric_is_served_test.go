// SPDX-License-Identifier: Apache-2.0

package test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"k8s.io/metrics/pkg/apis/custom_metrics/v1beta1"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/observe"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/budget"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/suite"
)

// The path of a number from a request to the autoscaler, checked at the counter, at
// the metrics API and at the autoscaler. The steady load is half the target, by
// default 5 requests per second, so that nothing scales meanwhile: a window of
// 5 s holds 25, or 5 per second, with a standard deviation of 1. A value at or
// above the target is not chance but another unit, such as requests in a window.
// The requests before it, 30 by default, are no more than 6 per second in that
// window, and must have left it.
func TestMetricIsServed(t *testing.T) {
	b := suite.Shared.Budget
	steady := b.Alone(0.5)
	requests := max(1, min(30, int(b.Alone(0.6)*b.RateWindow.Seconds())))
	s := suite.Start(t, 2*b.Quiet()+time.Duration(requests)*budget.InARow+b.ScaleUpDecision()+5*budget.Answer)
	pods := s.AwaitQuiet().Pods

	for _, item := range served(s, pods) {
		if !item.Value.IsZero() {
			t.Errorf("without load the metric of pod %q is %s, want 0", item.DescribedObject.Name, &item.Value)
		}
	}

	before := s.Counted(pods)
	for range requests {
		if r := s.Send(t, http.MethodPost, "/heavywork"); r.Status != http.StatusAccepted {
			t.Fatalf("POST /heavywork: status %d, want %d: %s", r.Status, http.StatusAccepted, r.Body)
		}
	}
	counted := s.Counted(pods)
	if counted-before != float64(requests) {
		t.Errorf("%d requests moved %s from %g to %g, want a difference of exactly %d", requests, suite.CounterName, before, counted, requests)
	}

	s.AwaitQuiet()
	load := s.StartLoad(suite.Load{Path: "/heavywork", ArrivalRate: steady}, b.ScaleUpDecision())
	s.Await(b.ScaleUpDecision(), "the autoscaler to see load", func(now observe.State) bool {
		return now.Average != nil && !now.Average.IsZero()
	})
	for _, item := range served(s, pods) {
		if item.Value.Sign() <= 0 || item.Value.AsApproximateFloat64() >= b.Target {
			t.Errorf("under %g requests per second the metric of pod %q is %s, want more than 0 and less than %g",
				steady, item.DescribedObject.Name, &item.Value, b.Target)
		}
	}
	if answered := load.Stop(); s.Counted(pods)-counted != float64(answered) {
		t.Errorf("%d requests of load moved %s from %g to %g", answered, suite.CounterName, counted, s.Counted(pods))
	}
}

// served returns the metrics API's values, and fails the test unless there is one
// for each pod, under the names that the autoscaler asks for.
func served(s *suite.Suite, pods []string) []v1beta1.MetricValue {
	s.T.Helper()
	list, err := suite.ServedMetric(s.Client).Values(s.Ctx)
	if err != nil {
		s.T.Fatal(err)
	}
	var names []string
	for _, item := range list.Items {
		names = append(names, item.DescribedObject.Name)
		if item.DescribedObject.Kind != "Pod" || item.DescribedObject.Namespace != suite.AppNamespace || item.MetricName != suite.MetricName {
			s.T.Errorf("a value describes %s of %s %s/%s, want %s of pods in namespace %s", item.MetricName,
				item.DescribedObject.Kind, item.DescribedObject.Namespace, item.DescribedObject.Name, suite.MetricName, suite.AppNamespace)
		}
	}
	slices.Sort(names)
	if !slices.Equal(names, pods) {
		s.T.Fatalf("the metric has values for the pods %q, want one for each of %q", names, pods)
	}
	return list.Items
}
