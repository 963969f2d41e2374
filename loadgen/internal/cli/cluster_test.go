// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/engine"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/internal/draw"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/internal/kube/kubetest"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/measure"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/report"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/result"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/schedule"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/timeline"
)

// recorder watches an autoscaler that wants 3 replicas and shows a metric of 14.5.
func recorder(t *testing.T, pods ...runtime.Object) *timeline.Recorder {
	t.Helper()
	named := metav1.ObjectMeta{Namespace: "app", Name: "heavywork"}
	metric := autoscalingv2.MetricIdentifier{Name: defaultMetric}
	target, current := resource.MustParse("10"), resource.MustParse("14500m")
	client := kubetest.New(append(pods,
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
		})...)
	r, err := timeline.Record(t.Context(), timeline.Config{Client: client, Namespace: "app", HPA: "heavywork"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Stop() })
	return r
}

func TestDisplaysSeeTheAutoscaler(t *testing.T) {
	starting := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "app", Name: "heavywork-1", Labels: map[string]string{"app": "heavywork"}}}
	view := clusterView{recorder(t, starting)}
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

// At zero the autoscaler's status shows the old value until its next sync.
func TestDisplaysOfAWorkloadAtZero(t *testing.T) {
	view := clusterView{recorder(t)}
	if seen := view.now(); seen.Desired != 0 || seen.Replicas != 0 || seen.Ready != 0 {
		t.Errorf("the view is %+v, want no replica that is wanted", seen)
	}
	var out buffer
	lines := &progressLines{to: &out, cluster: view}
	lines.look(engine.Progress{})
	if !strings.Contains(out.String(), "   replicas 0 of 0") {
		t.Errorf("line is %q", out.String())
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
		Errors:   map[measure.ErrorKind]measure.ErrorCount{measure.Timeout: {Count: 1, Example: "no complete answer within 30s"}},
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

// atZero is a result whose workload was at zero when the load began, and again in
// its middle.
func atZero(t *testing.T) *result.Document {
	t.Helper()
	doc := scripted(t)
	doc.Run.Interrupted = false
	value := 12.5
	doc.Timeline.Samples = []timeline.Sample{
		{T: 0, Desired: 1}, // the old value
		{T: 0.3, Replicas: 1},
		{T: 1.9, Replicas: 1, Ready: 1},
		{T: 4, Desired: 2, Replicas: 2, Ready: 2, Metric: &value},
		{T: 40, Desired: 1}, {T: 41},
		{T: 80.2, Replicas: 1},
		{T: 82.2, Desired: 1, Replicas: 1, Ready: 1},
		{T: 100, Desired: 1, Replicas: 1, Ready: 1},
	}
	after := []float64{1.8, 2.1}
	waited, rest := measure.NewDistribution(), measure.NewDistribution()
	for i := range 20 {
		waited.Record(time.Duration(i+1) * 100 * time.Millisecond)
	}
	rest.Record(2 * time.Millisecond)
	doc.Unready = &result.Unready{TotalSeconds: 44.1, Offered: 20, Latency: waited, Rest: rest, Gaps: []result.Gap{
		{From: 0, To: 1.9, Offered: 8, ReadyAfter: &after[0]}, {From: 40, To: 82.2, Offered: 12, ReadyAfter: &after[1]},
	}}
	return doc
}

func TestSummaryOfAWorkloadAtZero(t *testing.T) {
	doc := atZero(t)
	golden(t, "summary-zero-80.txt", summary(doc, draw.Style{}, 80, nil))
	golden(t, "summary-zero-120.txt", summary(doc, draw.Style{}, 120, nil))

	// Down and up again from one replica.
	doc.Timeline.Samples = doc.Timeline.Samples[7:]
	doc.Timeline.Samples = append(doc.Timeline.Samples, timeline.Sample{T: 110, Desired: 1}, timeline.Sample{T: 120, Desired: 1, Replicas: 1, Ready: 1})
	doc.Unready = &result.Unready{TotalSeconds: 10, Latency: measure.NewDistribution(), Rest: measure.NewDistribution(), Gaps: []result.Gap{{From: 110, To: 120}}}
	got := summary(doc, draw.Style{}, 80, nil)
	want := "\n  replicas ready    1 at the start, 0 at least, 1 at most, 1 at the end (1 to 5 allowed)\n  none ready        once, 10.0 s in all, 0 requests due meanwhile\n\nelapsed"
	if !strings.Contains(got, want) || strings.Contains(got, "first") {
		t.Errorf("summary is\n%s\nwant in it%s", got, want)
	}
}

func TestComparisonOfWorkloadsAtZero(t *testing.T) {
	a, b := atZero(t), atZero(t)
	b.Unready.Offered = 60
	for i := range 40 {
		b.Unready.Latency.Record(time.Duration(i+21) * 100 * time.Millisecond)
	}
	golden(t, "compare-zero.txt", comparison(report.Compare(a, b), "a.json", "b.json", draw.Style{Unicode: true}))
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
