// SPDX-License-Identifier: Apache-2.0

package test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"k8s.io/metrics/pkg/apis/custom_metrics/v1beta1"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/observe"
)

// The way of a number from a request to the autoscaler, looked at where it
// begins, at the API, and where it ends. The steady load is half the target, by
// default 5 requests per second, so that nothing scales meanwhile: a window of
// 5 s holds 25, or 5 per second, with a standard deviation of 1. A value at or
// above the target is no chance but another unit, such as requests in a window.
// The requests before it, 30 by default, are no more than 6 per second in that
// window, and must have left it.
func TestMetricIsServed(t *testing.T) {
	b := shared.budget
	steady := b.alone(0.5)
	requests := max(1, min(30, int(b.alone(0.6)*b.rateWindow.Seconds())))
	s := start(t, 2*b.quiet()+time.Duration(requests)*inARow+b.scaleUpDecision()+5*answer)
	pods := s.awaitQuiet().Pods

	for _, item := range s.served(pods) {
		if !item.Value.IsZero() {
			t.Errorf("without load the metric of pod %q is %s, want 0", item.DescribedObject.Name, &item.Value)
		}
	}

	before := s.counted(pods)
	for range requests {
		if r := s.send(t, http.MethodPost, "/heavywork"); r.status != http.StatusAccepted {
			t.Fatalf("POST /heavywork: status %d, want %d: %s", r.status, http.StatusAccepted, r.body)
		}
	}
	counted := s.counted(pods)
	if counted-before != float64(requests) {
		t.Errorf("%d requests moved %s from %g to %g, want a difference of exactly %d", requests, counterName, before, counted, requests)
	}

	s.awaitQuiet()
	load := s.startLoad(load{path: "/heavywork", arrivalRate: steady}, b.scaleUpDecision())
	s.await(b.scaleUpDecision(), "the autoscaler to see load", func(now observe.State) bool {
		return now.Average != nil && !now.Average.IsZero()
	})
	for _, item := range s.served(pods) {
		if item.Value.Sign() <= 0 || item.Value.AsApproximateFloat64() >= b.target {
			t.Errorf("under %g requests per second the metric of pod %q is %s, want more than 0 and less than %g",
				steady, item.DescribedObject.Name, &item.Value, b.target)
		}
	}
	if answered := load.stop(); s.counted(pods)-counted != float64(answered) {
		t.Errorf("%d requests of load moved %s from %g to %g", answered, counterName, counted, s.counted(pods))
	}
}

// served returns the metrics API's values, and fails the test unless they are
// one for each pod, named as a person or the autoscaler would ask for it.
func (s *suite) served(pods []string) []v1beta1.MetricValue {
	s.t.Helper()
	list, err := servedMetric(s.client).Values(s.ctx)
	if err != nil {
		s.t.Fatal(err)
	}
	var names []string
	for _, item := range list.Items {
		names = append(names, item.DescribedObject.Name)
		if item.DescribedObject.Kind != "Pod" || item.DescribedObject.Namespace != appNamespace || item.MetricName != metricName {
			s.t.Errorf("a value describes %s of %s %s/%s, want %s of pods in namespace %s", item.MetricName,
				item.DescribedObject.Kind, item.DescribedObject.Namespace, item.DescribedObject.Name, metricName, appNamespace)
		}
	}
	slices.Sort(names)
	if !slices.Equal(names, pods) {
		s.t.Fatalf("the metric has values for the pods %q, want one for each of %q", names, pods)
	}
	return list.Items
}
