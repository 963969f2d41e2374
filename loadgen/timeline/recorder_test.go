// SPDX-License-Identifier: Apache-2.0

package timeline

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/internal/kube/kubetest"
)

// The tests run in bubbles of package synctest: their clock stands still while
// any goroutine runs, so every time is exact, and the backoff of a watch costs
// nothing.

var (
	hpas   = autoscalingv2.SchemeGroupVersion.WithResource("horizontalpodautoscalers")
	pods   = corev1.SchemeGroupVersion.WithResource("pods")
	events = corev1.SchemeGroupVersion.WithResource("events")
)

// cluster is a fake API server and its recorder.
type cluster struct {
	t *testing.T
	kubetest.Reader
	*Recorder
}

// record starts recording a cluster with an autoscaler that wants two replicas,
// its Deployment, and the given objects.
func record(t *testing.T, values func(context.Context, Query) ([]float64, error), objects ...runtime.Object) cluster {
	t.Helper()
	client := kubetest.New(append([]runtime.Object{autoscaler(2, "4500m"), deployment()}, objects...)...)
	recorder, err := Record(t.Context(), Config{Client: client, Namespace: "app", HPA: "work", Metric: "rate", Values: values})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { recorder.Stop() })
	synctest.Wait() // the list has been processed, its watch is open only now
	recorder.SetStart(time.Now())
	return cluster{t, client, recorder}
}

// after lets time pass and then changes an object.
func (c cluster) after(d time.Duration, kind schema.GroupVersionResource, o runtime.Object) {
	c.t.Helper()
	time.Sleep(d)
	if err := errors.Join(c.Tracker().Update(kind, o, "app")); err != nil {
		if err = c.Tracker().Create(kind, o, "app"); err != nil {
			c.t.Fatal(err)
		}
	}
	synctest.Wait()
}

func number(v float64) *float64 { return &v }

func (c cluster) wantSamples(want ...Sample) {
	c.t.Helper()
	got := c.Stop().Samples
	if !slices.EqualFunc(got, want, func(a, b Sample) bool {
		metrics := same(a.Metric, b.Metric)
		a.Metric, b.Metric = nil, nil
		return metrics && a == b
	}) {
		c.t.Errorf("samples are\n%s\nwant\n%s", show(got), show(want))
	}
}

func TestTheRunBeginsAndEndsWithAState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := record(t, nil, pod("a", true), pod("b", false), pod("other", true, "name", "other"))
		time.Sleep(3 * time.Second)
		c.wantSamples(
			Sample{T: 0, Desired: 2, Replicas: 2, Ready: 1, Metric: number(4.5)},
			Sample{T: 3, Desired: 2, Replicas: 2, Ready: 1, Metric: number(4.5)},
		)
		want := Autoscaler{Namespace: "app", HPA: "work", Deployment: "workers", Metric: "rate", Target: 10, MinReplicas: 1, MaxReplicas: 5}
		if got := c.Stop().Autoscaler; got != want {
			t.Errorf("autoscaler is %+v, want %+v", got, want)
		}
	})
}

func TestEachChangeIsASample(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := record(t, nil, pod("a", true))
		c.after(time.Second, hpas, autoscaler(4, "18"))
		c.after(250*time.Millisecond, pods, pod("b", false))
		c.after(time.Second, pods, pod("b", true))
		c.after(time.Second, hpas, autoscaler(1, "18"))
		c.after(time.Second, pods, ending("a"))
		time.Sleep(time.Second)
		if err := c.Tracker().Delete(pods, "app", "b"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		c.wantSamples(
			Sample{T: 0, Desired: 2, Replicas: 1, Ready: 1, Metric: number(4.5)},
			Sample{T: 1, Desired: 4, Replicas: 1, Ready: 1, Metric: number(18)},
			Sample{T: 1.25, Desired: 4, Replicas: 2, Ready: 1, Metric: number(18)},
			Sample{T: 2.25, Desired: 4, Replicas: 2, Ready: 2, Metric: number(18)},
			Sample{T: 3.25, Desired: 1, Replicas: 2, Ready: 2, Metric: number(18)},
			Sample{T: 4.25, Desired: 1, Replicas: 1, Ready: 1, Metric: number(18)},
			Sample{T: 5.25, Desired: 1, Replicas: 0, Ready: 0, Metric: number(18)},
		)
	})
}

func TestTimesCountFromTheStartOfTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := record(t, nil)
		c.after(time.Second, hpas, autoscaler(3, ""))
		c.after(0, events, event("early", "HorizontalPodAutoscaler", "work", "SuccessfulRescale"))
		time.Sleep(time.Second)
		start := time.Now()
		c.SetStart(start)
		c.after(time.Second, hpas, autoscaler(5, ""))
		c.after(0, events, event("late", "HorizontalPodAutoscaler", "work", "SuccessfulRescale"))
		time.Sleep(500 * time.Millisecond)
		if now := c.Now(); now.T != 1.5 || now.Desired != 5 {
			t.Errorf("the current state is %+v, want 5 replicas wanted at 1.5 s", now)
		}
		c.wantSamples(
			Sample{T: 0, Desired: 3},
			Sample{T: 1, Desired: 5},
			Sample{T: 1.5, Desired: 5},
		)
		line := c.Stop()
		if len(line.Events) != 1 || line.Events[0].T != 1 || line.Events[0].Message != "late" {
			t.Errorf("events are %+v, want the one after the start", line.Events)
		}
		if !line.StartedAt.Equal(start) {
			t.Errorf("start is %s, want %s", line.StartedAt, start)
		}
	})
}

func TestTimesAreWholeMilliseconds(t *testing.T) {
	start := time.Now()
	r := &Recorder{start: start}
	if got := r.since(start.Add(3696*time.Millisecond + 400*time.Microsecond)); got != 3.696 { // and not 3.6959999999999997
		t.Errorf("it is %v s since the start, want 3.696", got)
	}
}

func TestOnlyWhatConcernsTheAutoscalerIsAnEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := record(t, nil, pod("a", true), event("past", "HorizontalPodAutoscaler", "work", "SuccessfulRescale"))
		c.SetStart(time.Now().Add(-time.Hour)) // shows everything that was recorded
		for i, e := range []*corev1.Event{
			event("1 kept", "HorizontalPodAutoscaler", "work", "SuccessfulRescale"),
			event("2", "HorizontalPodAutoscaler", "other", "SuccessfulRescale"),
			event("3 kept", "Deployment", "workers", "ScalingReplicaSet"),
			event("4", "Deployment", "work", "ScalingReplicaSet"),
			event("5 kept", "Pod", "a", "Started"),
			event("6", "Pod", "a", "Pulled"),
			event("7", "Pod", "b", "Started"),
			event("8", "ReplicaSet", "workers-1", "SuccessfulCreate"),
		} {
			c.after(time.Duration(i)*time.Second, events, e)
		}
		again := event("1 kept", "HorizontalPodAutoscaler", "work", "SuccessfulRescale")
		again.Labels = map[string]string{"changed": "but it did not happen again"}
		c.after(0, events, again)
		again = again.DeepCopy()
		again.Count = 2
		c.after(0, events, again)

		var got []string
		for _, e := range c.Stop().Events {
			got = append(got, e.Object+" "+e.Message)
		}
		want := []string{"HorizontalPodAutoscaler/work 1 kept", "Deployment/workers 3 kept", "Pod/a 5 kept", "HorizontalPodAutoscaler/work 1 kept"}
		if !slices.Equal(got, want) {
			t.Errorf("events are %q, want %q", got, want)
		}
	})
}

func TestAPolledMetricIsNewerThanTheShownOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var rate atomic.Int64
		c := record(t, func(_ context.Context, q Query) ([]float64, error) {
			if want := (Query{"app", "rate", "name=work"}); q != want {
				t.Errorf("asked for %+v, want %+v", q, want)
			}
			r := float64(rate.Add(2))
			return []float64{r - 1, r + 1}, nil
		})
		time.Sleep(1500 * time.Millisecond)
		synctest.Wait()
		// The autoscaler changes its replicas and still shows the old value.
		c.after(0, hpas, autoscaler(5, "4500m"))
		c.after(time.Second, hpas, autoscaler(5, "7"))
		c.wantSamples(
			Sample{T: 0, Desired: 2, Metric: number(2)},
			Sample{T: 1, Desired: 2, Metric: number(4)},
			Sample{T: 1.5, Desired: 5, Metric: number(4)},
			Sample{T: 2, Desired: 5, Metric: number(6)},
			Sample{T: 2.5, Desired: 5, Metric: number(7)},
		)
	})
}

func TestAMetricThatCannotBeHad(t *testing.T) {
	group := schema.GroupResource{Group: "custom.metrics.k8s.io", Resource: "pods"}
	for _, test := range []struct {
		name  string
		err   error
		value *float64 // after the last answer
		asked int32    // in seven seconds, at 0, 1, ... and 7
	}{
		{"nothing has one", apierrors.NewNotFound(group, "rate"), nil, 8},
		{"these credentials may not", apierrors.NewForbidden(group, "rate", nil), number(4.5), 1},
		{"the server is away", errors.New("connection refused"), nil, 8},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var asked atomic.Int32
				c := record(t, func(context.Context, Query) ([]float64, error) { asked.Add(1); return nil, test.err })
				time.Sleep(7 * time.Second)
				synctest.Wait()
				if now := c.Now(); !same(now.Metric, test.value) {
					t.Errorf("metric is %s, want %s", show([]Sample{now}), show([]Sample{{Metric: test.value}}))
				}
				if n := asked.Load(); n != test.asked {
					t.Errorf("asked %d times, want %d", n, test.asked)
				}
			})
		})
	}
}

func TestADroppedWatchIsTakenUpAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		drop := make(chan struct{})
		client := kubetest.New(autoscaler(2, ""), deployment(), pod("a", true), pod("b", true))
		opened := interruptible(client, drop)
		r, err := Record(t.Context(), Config{Client: client, Namespace: "app", HPA: "work"})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { r.Stop() })
		synctest.Wait()
		before := opened.Load()
		close(drop) // the server is down: it refuses everything
		synctest.Wait()
		// Meanwhile this happens:
		if err := errors.Join(client.Tracker().Update(hpas, autoscaler(5, ""), "app"), client.Tracker().Delete(pods, "app", "b")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		if opened.Load() <= before {
			t.Fatal("no watch was opened again")
		}
		if now := r.Now(); now.Desired != 5 || now.Replicas != 1 || now.Ready != 1 {
			t.Errorf("the current state is %+v, want 5 replicas wanted and 1 present", now)
		}
	})
}

// As Kubernetes does it: at zero the autoscaler is disabled and has no metric,
// which its status shows from the next sync, and the metrics API has no pods.
func TestDownToZeroAndUpAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asleep atomic.Bool
		c := record(t, func(context.Context, Query) ([]float64, error) {
			if asleep.Load() {
				return nil, apierrors.NewNotFound(schema.GroupResource{Group: "custom.metrics.k8s.io", Resource: "pods"}, "rate")
			}
			return []float64{0.5}, nil
		}, pod("a", true))
		disabled := autoscaler(0, "")
		disabled.Status.Conditions = []autoscalingv2.HorizontalPodAutoscalerCondition{{
			Type: autoscalingv2.ScalingActive, Status: corev1.ConditionFalse, Reason: "ScalingDisabled",
		}}
		c.after(time.Second/2, hpas, autoscaler(1, "500m"))
		asleep.Store(true)
		c.after(time.Second, pods, ending("a"))
		c.after(time.Second, hpas, disabled)
		c.after(time.Second, pods, pod("b", false))
		asleep.Store(false)
		c.after(time.Second, pods, pod("b", true))
		c.after(time.Second, hpas, autoscaler(1, "500m"))
		time.Sleep(time.Second / 4)
		wanted := []int{2, 1, 1, 0, 0, 1, 1, 1, 1, 1}
		for i, s := range c.Stop().Samples {
			if i < len(wanted) && s.Wanted() != wanted[i] {
				t.Errorf("at %g s %d replicas are wanted, want %d", s.T, s.Wanted(), wanted[i])
			}
		}
		c.wantSamples(
			Sample{T: 0, Desired: 2, Replicas: 1, Ready: 1, Metric: number(0.5)},
			Sample{T: 0.5, Desired: 1, Replicas: 1, Ready: 1, Metric: number(0.5)},
			Sample{T: 1, Desired: 1, Replicas: 1, Ready: 1},
			Sample{T: 1.5, Desired: 1}, // the old value
			Sample{T: 2.5, Desired: 0},
			Sample{T: 3.5, Desired: 0, Replicas: 1}, // scaled up by something else
			Sample{T: 4, Desired: 0, Replicas: 1, Metric: number(0.5)},
			Sample{T: 4.5, Desired: 0, Replicas: 1, Ready: 1, Metric: number(0.5)},
			Sample{T: 5.5, Desired: 1, Replicas: 1, Ready: 1, Metric: number(0.5)},
			Sample{T: 5.75, Desired: 1, Replicas: 1, Ready: 1, Metric: number(0.5)},
		)
	})
}

func TestGapsAreTheTimesWithoutAReadyReplica(t *testing.T) {
	line := Timeline{}
	for t, ready := range []int{0, 0, 1, 3, 0, 0, 2, 0, 0} {
		line.Samples = append(line.Samples, Sample{T: float64(t), Ready: ready})
	}
	if got, want := line.Gaps(), []Gap{{0, 2, true}, {4, 6, true}, {7, 8, false}}; !slices.Equal(got, want) {
		t.Errorf("gaps %v, want %v", got, want)
	}
	line.Samples = line.Samples[2:4]
	if got := line.Gaps(); got != nil {
		t.Errorf("gaps %v, want none", got)
	}
}

func TestWhatCannotBeRecorded(t *testing.T) {
	statefulSet := autoscaler(2, "")
	statefulSet.Spec.ScaleTargetRef.Kind = "StatefulSet"
	for _, test := range []struct {
		name, metric string
		objects      []runtime.Object
		want         string
	}{
		{"no autoscaler", "", nil, `"work" not found`},
		{"no Deployment", "", []runtime.Object{autoscaler(2, "")}, `"workers" not found`},
		{"another metric", "cpu", []runtime.Object{autoscaler(2, ""), deployment()}, "type Pods called cpu"},
		{"no Deployment as target", "", []runtime.Object{statefulSet}, "scales StatefulSet workers"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Record(t.Context(), Config{Client: kubetest.New(test.objects...), Namespace: "app", HPA: "work", Metric: test.metric})
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "app/work") {
				t.Errorf("error is %v, want one that names app/work and says %q", err, test.want)
			}
		})
	}
}

func TestStartingTakesNoLongerThanTheTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := kubetest.New(autoscaler(2, ""), deployment())
		refuse(client, "list", "pods", &apierrors.StatusError{ErrStatus: metav1.Status{Code: http.StatusForbidden, Reason: metav1.StatusReasonForbidden, Message: "pods may not be listed"}})
		began := time.Now()
		_, err := Record(t.Context(), Config{Client: client, Namespace: "app", HPA: "work", Timeout: 2 * time.Second})
		if took := time.Since(began); took != 2*time.Second {
			t.Errorf("it took %s, want the timeout of 2s", took)
		}
		if err == nil || !strings.Contains(err.Error(), "within 2s") || !strings.Contains(err.Error(), "may not be listed") {
			t.Errorf("error is %v, want one with timeout and reason", err)
		}
	})
}
