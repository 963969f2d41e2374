// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/clustertest"
)

func TestRestarts(t *testing.T) {
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	ago := func(d time.Duration) metav1.Time { return metav1.NewTime(now.Add(-d)) }
	running := func(since time.Duration) corev1.ContainerState {
		return corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: ago(since)}}
	}
	ended := func(code int32, after time.Duration) corev1.ContainerState {
		return corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: code, StartedAt: ago(48*time.Hour + after), FinishedAt: ago(48 * time.Hour)}}
	}
	waiting := corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff"}}
	for name, tt := range map[string]struct {
		restarts    int32
		state, last corev1.ContainerState
		want        bool
	}{
		"runs for the first time":               {0, running(time.Second), corev1.ContainerState{}, false},
		"has just failed for the first time":    {0, ended(2, time.Second), corev1.ContainerState{}, true},
		"has done its work":                     {0, ended(0, time.Second), corev1.ContainerState{}, false},
		"waits to be created":                   {0, corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "ContainerCreating"}}, corev1.ContainerState{}, false},
		"waits for its second run":              {0, waiting, ended(2, time.Second), true},
		"waits for its next run":                {1, waiting, ended(2, time.Second), true},
		"has ended again":                       {1, ended(0, time.Second), ended(0, time.Second), true},
		"runs at this moment":                   {4, running(2 * time.Second), ended(2, time.Second), true},
		"runs after a first failure":            {1, running(61 * time.Second), ended(1, time.Second), false},
		"is killed by its probe every 40 s":     {3, running(70 * time.Second), ended(0, 40*time.Second), true},
		"has outlived the run before":           {3, running(81 * time.Second), ended(0, 40*time.Second), false},
		"was killed after days and runs again":  {1, running(11 * time.Minute), ended(137, 72*time.Hour), false},
		"was killed after days a moment ago":    {1, running(9 * time.Minute), ended(137, 72*time.Hour), true},
		"runs, and its last run is not told of": {1, running(time.Second), corev1.ContainerState{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := restarts(corev1.ContainerStatus{RestartCount: tt.restarts, State: tt.state, LastTerminationState: tt.last}, now); got != tt.want {
				t.Errorf("got %t, want %t", got, tt.want)
			}
		})
	}
}

func TestPodsThatEndAsTheyShouldDoNotRestart(t *testing.T) {
	failed := corev1.PodStatus{ContainerStatuses: []corev1.ContainerStatus{{State: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: 2}}}}}
	deleted, evicted := failed, failed
	evicted.Phase = corev1.PodFailed
	pods := []corev1.Pod{
		{Status: failed},
		{ObjectMeta: metav1.ObjectMeta{DeletionTimestamp: &metav1.Time{}}, Status: deleted},
		{Status: evicted},
	}
	if n := restartingPods(pods, time.Now()); n != 1 {
		t.Errorf("got %d restarting pods, want 1", n)
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
		reason    Reason
		want      string
	}{
		"everything may be read": {nil, ReasonAdapter, "unable to construct naming scheme"},
		"the next run has begun before the log is asked for": {func(r *http.Request) *metav1.Status {
			if r.URL.Query().Get("previous") == "true" {
				return &metav1.Status{Code: http.StatusBadRequest, Reason: metav1.StatusReasonBadRequest, Message: "previous terminated container not found"}
			}
			return nil
		}, ReasonAdapter, "unable to construct naming scheme"},
		"the log may not be read": {forbid("/log"), ReasonAdapter, `grant the verb "get" on the resource "pods/log"`},
		"pods may not be listed":  {forbid("/pods"), ReasonSeries, `whether its pods restart is not known: cannot list pods monitoring/: the credentials lack a permission; grant the verb "list" on the resource "pods"`},
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
			err := awaitServed(newClient(t, srv.URL, quick), t.Context(), "monitoring", "prometheus-adapter", heavyMetric, short)
			var missing *NotServedError
			if !errors.As(err, &missing) || missing.Reason != tt.reason || !strings.Contains(missing.Detail, tt.want) {
				t.Errorf("got %v, want reason %d and %q", err, tt.reason, tt.want)
			}
		})
	}
}

// The time is up while the container runs for the first time, as it does for a moment whatever is wrong with it.
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
	err := awaitServed(newClient(t, srv.URL, quick), t.Context(), "monitoring", "prometheus-adapter", heavyMetric, short)
	var missing *NotServedError
	if !errors.As(err, &missing) || missing.Reason != ReasonAdapter || !strings.Contains(missing.Detail, "unable to construct naming scheme") {
		t.Errorf("got %v after %d looks, want the last words of the adapter", err, looks)
	}
}
