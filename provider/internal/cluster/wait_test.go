// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/metricsapi"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/rollout"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/clustertest"
)

const heavyRule = `rules:
- seriesQuery: heavywork_requests_total{pod!=""}
  resources: {template: <<.Resource>>}
  name: {matches: ^(.*)_total$, as: "${1}_per_second"}
  metricsQuery: rate(<<.Series>>{<<.LabelMatchers>>}[1m])
`

var heavyMetric = metricsapi.Metric{API: metricsapi.CustomMetrics, Name: "heavywork_requests_per_second", SeriesQuery: "heavywork_requests_total"}

// waitServed waits for one metric.
func waitServed(c *Client, ctx context.Context, namespace, deployment string, m metricsapi.Metric, timeout time.Duration) error {
	var result error
	reports := 0
	c.waitAll(ctx, adapter{deployment: types.NamespacedName{Namespace: namespace, Name: deployment}}, []Need{{Metric: &m, Timeout: timeout}}, func() {}, func(served []int, failed map[int]error) {
		reports += len(served) + len(failed)
		result = failed[0]
	})
	if reports != 1 {
		return fmt.Errorf("the metric was reported %d times", reports)
	}
	return result
}

// short is a timeout that is meant to expire; long is one that is not.
const (
	short = 50 * time.Millisecond
	long  = time.Minute
)

func TestWait(t *testing.T) {
	inApp := heavyMetric
	inApp.ValuesIn = "app"
	external := metricsapi.Metric{API: metricsapi.ExternalMetrics, Name: "heavywork_requests_per_second", ValuesIn: "app"}
	pattern := metricsapi.Metric{API: metricsapi.CustomMetrics}
	for name, tt := range map[string]struct {
		text   string
		metric metricsapi.Metric
	}{
		"listed":              {heavyRule, heavyMetric},
		"with values":         {heavyRule, inApp},
		"external":            {strings.Replace(heavyRule, "rules", "externalRules", 1), external},
		"name is not known":   {heavyRule, pattern},
		"beside another rule": {heavyRule + "- seriesQuery: y\n  resources: {template: <<.Resource>>}\n  metricsQuery: y\n", heavyMetric},
	} {
		t.Run(name, func(t *testing.T) {
			srv := clustertest.New(t)
			srv.PutAdapter("rules: []\n")
			srv.Adapter.SetSeries("heavywork_requests_total")
			srv.Adapter.SetValues("app", 1)
			srv.PutConfigMap(target.Namespace, target.ConfigMap, map[string]string{target.Key: tt.text})
			c := newClient(t, srv.URL, quick)
			if err := rollNow(t.Context(), c); err != nil {
				t.Fatal(err)
			}
			if err := waitServed(c, t.Context(), "monitoring", "prometheus-adapter", tt.metric, long); err != nil {
				t.Error(err)
			}
		})
	}
}

// The series and the value appear while the client waits, and single requests fail in between.
func TestWaitKeepsWaiting(t *testing.T) {
	srv := clustertest.New(t)
	srv.PutAdapter(heavyRule)
	var n atomic.Int32
	srv.Intercept(func(r *http.Request) *metav1.Status {
		request := n.Add(1)
		switch request {
		case 5:
			srv.Adapter.SetSeries("heavywork_requests_total")
		case 10:
			srv.Adapter.SetValues("app", 1)
		}
		if request%3 == 1 {
			return &metav1.Status{Code: http.StatusServiceUnavailable, Reason: metav1.StatusReasonServiceUnavailable}
		}
		return nil
	})
	m := heavyMetric
	m.ValuesIn = "app"
	if err := waitServed(newClient(t, srv.URL, quick), t.Context(), "monitoring", "prometheus-adapter", m, long); err != nil {
		t.Error(err)
	}
	if n.Load() < 10 {
		t.Errorf("it returned after %d requests, before there was a value", n.Load())
	}
}

func TestWaitSaysWhatIsMissing(t *testing.T) {
	withValues := heavyMetric
	withValues.ValuesIn = "app"
	tests := map[string]struct {
		prepare func(*clustertest.Server)
		metric  metricsapi.Metric
		reason  metricsapi.Reason
		want    []string
	}{
		"rollout stalls": {
			prepare: func(s *clustertest.Server) { crashLoop(s) }, metric: heavyMetric, reason: metricsapi.ReasonAdapter,
			want: []string{"monitoring/prometheus-adapter", "not ready", "MinimumReplicasUnavailable", "CrashLoopBackOff", "code 255", "unable to construct naming scheme"},
		},
		"scaled to nothing": {
			prepare: func(s *clustertest.Server) {
				d := s.Deployment("monitoring", "prometheus-adapter")
				d.Spec.Replicas = new(int32)
				s.PutDeployment(d)
				s.Adapter.SetSeries()
			}, metric: heavyMetric, reason: metricsapi.ReasonAdapter, want: []string{"scaled to 0"},
		},
		"no rules, so no API": {
			prepare: func(s *clustertest.Server) { s.PutAdapter("rules: []\n") }, metric: heavyMetric, reason: metricsapi.ReasonAPI,
			want: []string{"v1beta1.custom.metrics.k8s.io is available", "loads the config map"},
		},
		"API service is missing": {
			prepare: func(s *clustertest.Server) {
				s.PutAdapter("rules: []\n")
				s.Adapter.SetAPIService(http.StatusNotFound, metav1.Condition{})
			}, metric: heavyMetric, reason: metricsapi.ReasonAPI, want: []string{"there is no APIService v1beta1.custom.metrics.k8s.io"},
		},
		"API service is not available": {
			prepare: func(s *clustertest.Server) {
				s.PutAdapter("rules: []\n")
				s.Adapter.SetAPIService(http.StatusOK, metav1.Condition{Status: metav1.ConditionFalse, Reason: "MissingEndpoints", Message: "no endpoints"})
			}, metric: heavyMetric, reason: metricsapi.ReasonAPI, want: []string{"MissingEndpoints: no endpoints", "monitoring/prometheus-adapter"},
		},
		"no series": {
			prepare: func(s *clustertest.Server) { s.Adapter.SetSeries("up") }, metric: heavyMetric, reason: metricsapi.ReasonSeries,
			want: []string{`"heavywork_requests_per_second"`, "Run heavywork_requests_total in Prometheus", "0 other metrics"},
		},
		"another name": {
			prepare: func(*clustertest.Server) {}, metric: metricsapi.Metric{API: metricsapi.CustomMetrics, Name: "heavywork_request_per_second"}, reason: metricsapi.ReasonName,
			want: []string{`lists "heavywork_requests_per_second"`, "metric_name"},
		},
		"no values": {
			prepare: func(*clustertest.Server) {}, metric: withValues, reason: metricsapi.ReasonValues,
			want: []string{`no value in namespace "app"`, "metrics_query"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			srv := clustertest.New(t)
			srv.PutAdapter(heavyRule)
			srv.Adapter.SetSeries("heavywork_requests_total")
			tt.prepare(srv)
			err := waitServed(newClient(t, srv.URL, quick), t.Context(), "monitoring", "prometheus-adapter", tt.metric, short)
			var missing *metricsapi.NotServedError
			if !errors.As(err, &missing) || missing.Reason != tt.reason {
				t.Fatalf("got %#v, want reason %d", err, tt.reason)
			}
			for _, part := range tt.want {
				if !strings.Contains(missing.Detail, part) {
					t.Errorf("detail does not contain %q: %s", part, missing.Detail)
				}
			}
		})
	}
}

// crashLoop is what a rule that the adapter cannot load looks like.
func crashLoop(s *clustertest.Server) {
	s.Stall(true)
	d := s.Deployment("monitoring", "prometheus-adapter")
	d.Generation++
	d.Status.Conditions = append(d.Status.Conditions, appsv1.DeploymentCondition{
		Type: appsv1.DeploymentAvailable, Status: corev1.ConditionFalse, Reason: "MinimumReplicasUnavailable",
	})
	d.Status.ObservedGeneration = d.Generation
	d.Status.AvailableReplicas = 0
	s.PutDeployment(d)
	s.PutPod(&corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: "monitoring", Name: "prometheus-adapter-1", Labels: map[string]string{"app": "prometheus-adapter"}},
		Status: corev1.PodStatus{Phase: corev1.PodRunning, ContainerStatuses: []corev1.ContainerStatus{{
			Name: "adapter", RestartCount: 3,
			State:                corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff"}},
			LastTerminationState: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: 255, Reason: "Error"}},
		}}},
	})
}

func TestWaitFailsAtOnce(t *testing.T) {
	srv := clustertest.New(t)
	c := newClient(t, srv.URL, quick)
	if err := waitServed(c, t.Context(), "monitoring", "prometheus-adapter", heavyMetric, long); !errors.Is(err, rollout.ErrNotFound) {
		t.Errorf("got %v without the deployment, want %v", err, rollout.ErrNotFound)
	}

	srv.PutAdapter(heavyRule)
	ctx, cancel := context.WithCancel(t.Context())
	srv.Intercept(func(*http.Request) *metav1.Status { cancel(); return nil })
	if err := waitServed(c, ctx, "monitoring", "prometheus-adapter", heavyMetric, long); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}

// The adapter has no readiness probe and fails at once: whenever its container is running, its Deployment is available.
func TestAdapterThatRestartsIsNotUp(t *testing.T) {
	forbid := func(path string) func(*http.Request) *metav1.Status {
		return func(r *http.Request) *metav1.Status {
			if strings.HasSuffix(r.URL.Path, path) {
				return &metav1.Status{Code: http.StatusForbidden, Reason: metav1.StatusReasonForbidden, Message: "forbidden"}
			}
			return nil
		}
	}
	for name, tt := range map[string]struct {
		intercept func(*http.Request) *metav1.Status
		reason    metricsapi.Reason
		want      string
	}{
		"everything may be read": {nil, metricsapi.ReasonAdapter, "unable to construct naming scheme"},
		"the next run has begun before the log is asked for": {func(r *http.Request) *metav1.Status {
			if r.URL.Query().Get("previous") == "true" {
				return &metav1.Status{Code: http.StatusBadRequest, Reason: metav1.StatusReasonBadRequest, Message: "previous terminated container not found"}
			}
			return nil
		}, metricsapi.ReasonAdapter, "unable to construct naming scheme"},
		"the log may not be read": {forbid("/log"), metricsapi.ReasonAdapter, `grant the verb "get" on the resource "pods/log"`},
		"pods may not be listed":  {forbid("/pods"), metricsapi.ReasonSeries, `whether its pods restart is not known: cannot list pods monitoring/: the credentials lack a permission; grant the verb "list" on the resource "pods"`},
	} {
		t.Run(name, func(t *testing.T) {
			srv := clustertest.New(t)
			srv.PutAdapter(heavyRule)
			srv.PutPod(&corev1.Pod{
				ObjectMeta: metav1.ObjectMeta{Namespace: "monitoring", Name: "prometheus-adapter-1", Labels: map[string]string{"app": "prometheus-adapter"}},
				Status: corev1.PodStatus{Phase: corev1.PodRunning, ContainerStatuses: []corev1.ContainerStatus{{
					Name: "adapter", RestartCount: 1,
					State:                corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: metav1.Now()}},
					LastTerminationState: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: 2, Reason: "Error"}},
				}}},
			})
			srv.Intercept(tt.intercept)
			err := waitServed(newClient(t, srv.URL, quick), t.Context(), "monitoring", "prometheus-adapter", heavyMetric, short)
			var missing *metricsapi.NotServedError
			if !errors.As(err, &missing) || missing.Reason != tt.reason || !strings.Contains(missing.Detail, tt.want) {
				t.Errorf("got %v, want reason %d and %q", err, tt.reason, tt.want)
			}
		})
	}
}

// The timeout expires while the container runs for the first time, as a broken one does for a moment as well.
func TestFirstMomentsProveNothing(t *testing.T) {
	srv := clustertest.New(t)
	srv.PutAdapter(heavyRule)
	put := func(state corev1.ContainerState) {
		srv.PutPod(&corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{Namespace: "monitoring", Name: "prometheus-adapter-1", Labels: map[string]string{"app": "prometheus-adapter"}},
			Status:     corev1.PodStatus{Phase: corev1.PodRunning, ContainerStatuses: []corev1.ContainerStatus{{Name: "adapter", State: state}}},
		})
	}
	put(corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: metav1.Now()}})
	looks := 0
	srv.Intercept(func(r *http.Request) *metav1.Status {
		if strings.HasSuffix(r.URL.Path, "/pods") {
			if looks++; looks == 2 {
				put(corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: 2, Reason: "Error"}})
			}
		}
		return nil
	})
	err := waitServed(newClient(t, srv.URL, quick), t.Context(), "monitoring", "prometheus-adapter", heavyMetric, short)
	var missing *metricsapi.NotServedError
	if !errors.As(err, &missing) || missing.Reason != metricsapi.ReasonAdapter || !strings.Contains(missing.Detail, "unable to construct naming scheme") {
		t.Errorf("got %v after %d polls, want the last log lines of the adapter", err, looks)
	}
}
