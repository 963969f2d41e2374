// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/engine"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/internal/draw"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/internal/kube/kubetest"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/measure"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/result"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/schedule"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/timeline"
)

// recorder watches an autoscaler that wants 3 replicas and shows a metric of 14.5.
func recorder(t *testing.T) *timeline.Recorder {
	t.Helper()
	named := metav1.ObjectMeta{Namespace: "app", Name: "heavywork"}
	metric := autoscalingv2.MetricIdentifier{Name: defaultMetric}
	target, current := resource.MustParse("10"), resource.MustParse("14500m")
	client := kubetest.New(
		&appsv1.Deployment{ObjectMeta: named, Spec: appsv1.DeploymentSpec{Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "heavywork"}}}},
		&autoscalingv2.HorizontalPodAutoscaler{
			ObjectMeta: named,
			Spec: autoscalingv2.HorizontalPodAutoscalerSpec{
				ScaleTargetRef: autoscalingv2.CrossVersionObjectReference{Kind: "Deployment", Name: "heavywork"},
				MaxReplicas:    5,
				Metrics: []autoscalingv2.MetricSpec{{Type: autoscalingv2.PodsMetricSourceType, Pods: &autoscalingv2.PodsMetricSource{
					Metric: metric, Target: autoscalingv2.MetricTarget{Type: autoscalingv2.AverageValueMetricType, AverageValue: &target},
				}}},
			},
			Status: autoscalingv2.HorizontalPodAutoscalerStatus{
				DesiredReplicas: 3,
				CurrentMetrics: []autoscalingv2.MetricStatus{{Type: autoscalingv2.PodsMetricSourceType, Pods: &autoscalingv2.PodsMetricStatus{
					Metric: metric, Current: autoscalingv2.MetricValueStatus{AverageValue: &current},
				}}},
			},
		})
	r, err := timeline.Record(t.Context(), timeline.Config{Client: client, Namespace: "app", HPA: "heavywork"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Stop() })
	return r
}

func TestDisplaysSeeTheAutoscaler(t *testing.T) {
	view := clusterView{recorder(t)}
	seen := view.now()
	if seen.Name != "app/heavywork" || seen.Desired != 3 || seen.Ready != 0 || seen.Min != 1 || seen.Max != 5 || seen.Metric == nil || *seen.Metric != 14.5 || seen.Target != 10 {
		t.Errorf("the view is %+v", seen)
	}
	var out buffer
	lines := &progressLines{to: &out, cluster: view}
	lines.look(engine.Progress{})
	if want := "dropped 0   replicas 0 of 3   metric 14.5 of 10\n"; !strings.HasSuffix(out.String(), want) {
		t.Errorf("line is %q, want it to end with %q", out.String(), want)
	}
	if (clusterView{}).now() != nil {
		t.Error("a cluster is seen without a recorder")
	}
}

// scripted is a result whose autoscaler went from one replica to three.
func scripted(t *testing.T) *result.Document {
	t.Helper()
	sequence, err := schedule.Parse("ramp:from=1,to=50,duration=60; constant:rate=50,duration=120")
	if err != nil {
		t.Fatal(err)
	}
	latency, success, delay := measure.NewDistribution(), measure.NewDistribution(), measure.NewDistribution()
	for i := range 3520 {
		latency.Record(time.Duration(i+1) * 30 * time.Microsecond)
		delay.Record(time.Duration(i%100) * time.Microsecond)
	}
	latency.Record(30 * time.Second)
	success.Record(time.Millisecond)
	value := func(v float64) *float64 { return &v }
	return result.New(&measure.Result{
		Target: "http://127.0.0.1:80/heavywork", Interrupted: true, Window: 100e9, Elapsed: 100.5e9,
		Counts:   measure.Counts{Offered: 3530, Sent: 3520, Dropped: 10, Late: 3, Completed: 3519, Succeeded: 3500, Failed: 1},
		Statuses: map[int]int64{202: 3500, 503: 19},
		Errors:   map[measure.ErrorKind]measure.ErrorCount{measure.Timeout: {Count: 1, Example: "no whole answer within 30s"}},
		Latency:  latency, SuccessLatency: success, SendDelay: delay,
	}, result.Plan{Sequence: sequence, Seed: 7, MaxInFlight: 64, Timeout: 30e9}, &timeline.Timeline{
		Autoscaler: timeline.Autoscaler{Namespace: "app", HPA: "heavywork", Deployment: "heavywork", Metric: defaultMetric, Target: 10, MinReplicas: 1, MaxReplicas: 5},
		Samples: []timeline.Sample{
			{T: 0, Desired: 1, Replicas: 1, Ready: 1},
			{T: 12.4, Desired: 3, Replicas: 1, Ready: 1, Metric: value(25.5)},
			{T: 14.1, Desired: 3, Replicas: 3, Ready: 2, Metric: value(25.5)},
			{T: 14.3, Desired: 3, Replicas: 3, Ready: 3, Metric: value(16)},
			{T: 100, Desired: 2, Replicas: 2, Ready: 2, Metric: value(9)},
		},
	})
}

func TestSummaryOfAWholeStory(t *testing.T) {
	golden(t, "summary-80.txt", summary(scripted(t), draw.Style{}, 80, []output{{"--out", "run.json", "result"}}))
	golden(t, "summary-60-color.txt", summary(scripted(t), draw.Style{Color: true}, 60, nil))
}

func TestSummaryWithoutExtraReplicas(t *testing.T) {
	doc := scripted(t)
	doc.Timeline.Samples = doc.Timeline.Samples[:1]
	if got := summary(doc, draw.Style{}, 80, nil); !strings.Contains(got, "\n  replicas ready    1 all the time (1 to 5 allowed)\n") || strings.Contains(got, "first extra") {
		t.Errorf("summary is\n%s", got)
	}
	doc.Timeline.Samples = append(doc.Timeline.Samples, timeline.Sample{T: 20, Desired: 2, Replicas: 1, Ready: 1})
	if got := summary(doc, draw.Style{}, 80, nil); !strings.Contains(got, "\n  first extra one   wanted after 20.0 s, not ready before the end\n") {
		t.Errorf("summary is\n%s", got)
	}
}
