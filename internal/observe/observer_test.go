// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
)

// long is a limit that no passing test reaches.
const long = time.Minute

func deployment(replicas, ready int32) *appsv1.Deployment {
	return &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Namespace: "app", Name: "work"},
		Spec: appsv1.DeploymentSpec{
			Replicas: &replicas,
			Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"name": "work"}},
		},
		Status: appsv1.DeploymentStatus{ReadyReplicas: ready},
	}
}

func autoscaler(desired int32, average string) *autoscalingv2.HorizontalPodAutoscaler {
	h := &autoscalingv2.HorizontalPodAutoscaler{
		ObjectMeta: metav1.ObjectMeta{Namespace: "app", Name: "work"},
		Status:     autoscalingv2.HorizontalPodAutoscalerStatus{DesiredReplicas: desired},
	}
	for _, name := range []string{"other", "rate"} {
		if value := resource.MustParse("99"); average != "" {
			if name == "rate" {
				value = resource.MustParse(average)
			}
			h.Status.CurrentMetrics = append(h.Status.CurrentMetrics, autoscalingv2.MetricStatus{
				Type: autoscalingv2.PodsMetricSourceType,
				Pods: &autoscalingv2.PodsMetricStatus{
					Metric:  autoscalingv2.MetricIdentifier{Name: name},
					Current: autoscalingv2.MetricValueStatus{AverageValue: &value},
				},
			})
		}
	}
	return h
}

func pod(name, label string) *corev1.Pod {
	return &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "app", Name: name, Labels: map[string]string{"name": label}}}
}

// start watches a cluster that holds the objects.
func start(t *testing.T, objects ...runtime.Object) (*fake.Clientset, *Observer) {
	t.Helper()
	client := fake.NewClientset(objects...)
	wait := opened(client, 3)
	obs, stop, err := Start(t.Context(), Options{Client: client, Namespace: "app", Name: "work", Metric: "rate", Log: t.Logf})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	wait()
	return client, obs
}

func TestStartKnowsThePresentState(t *testing.T) {
	_, obs := start(t, deployment(2, 1), autoscaler(3, "12500m"), pod("b", "work"), pod("a", "work"), pod("c", "other"))
	average := resource.MustParse("12500m")
	want := State{Wanted: 2, Ready: 1, Desired: 3, Average: &average, Pods: []string{"a", "b"}}
	states := obs.Since(obs.Mark())
	if len(states) != 1 || !states[0].Equal(want) {
		t.Errorf("states are\n%s, want only\n%s", states, want)
	}
}

func TestStartNeedsTheDeployment(t *testing.T) {
	_, _, err := Start(t.Context(), Options{Client: fake.NewClientset(), Namespace: "app", Name: "work", Log: t.Logf})
	if err == nil || !strings.Contains(err.Error(), "app/work") {
		t.Errorf("error is %v, want one that names app/work", err)
	}
}

func TestHistoryHoldsAPassingState(t *testing.T) {
	client, obs := start(t, deployment(1, 1), autoscaler(1, "0"))
	mark := obs.Mark()
	for _, replicas := range []int32{4, 1} {
		if err := client.Tracker().Update(appsv1.SchemeGroupVersion.WithResource("deployments"), deployment(replicas, 1), "app"); err != nil {
			t.Fatal(err)
		}
		if _, err := obs.Await(t.Context(), long, "the update", func(s State) bool { return s.Wanted == replicas }); err != nil {
			t.Fatal(err)
		}
	}
	history := obs.Since(mark)
	var wanted []int32
	for _, s := range history {
		wanted = append(wanted, s.Wanted)
	}
	if !slices.Equal(wanted, []int32{1, 4, 1}) {
		t.Errorf("replicas over time are %v, want 1, 4, 1", wanted)
	}
	if history.MostWanted() != 4 {
		t.Errorf("most wanted is %d, want 4", history.MostWanted())
	}
}

func TestAwaitStartsWithThePresentState(t *testing.T) {
	_, obs := start(t, deployment(1, 1))
	if _, err := obs.Await(t.Context(), long, "one replica", func(s State) bool { return s.Wanted == 1 }); err != nil {
		t.Error(err)
	}
}

func TestAwaitFailsWithTheLastState(t *testing.T) {
	_, obs := start(t, deployment(1, 1))
	obs.failed(errors.New("connection lost"))
	_, err := obs.Await(t.Context(), time.Nanosecond, "a miracle", func(State) bool { return false })
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("error is %v, want a deadline", err)
	}
	for _, part := range []string{"1ns", "a miracle", "replicas 1, ready 1", "connection lost"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q does not say %q", err, part)
		}
	}
}

func TestAwaitEndsWithItsContext(t *testing.T) {
	_, obs := start(t, deployment(1, 1))
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("interrupted")
	cancel(cause)
	if _, err := obs.Await(ctx, long, "a miracle", func(State) bool { return false }); !errors.Is(err, cause) {
		t.Errorf("error is %v, want the cause %q", err, cause)
	}
}

func TestAMetricThatGoesAwayIsNotZero(t *testing.T) {
	client, obs := start(t, deployment(1, 1), autoscaler(1, "0"))
	if err := client.Tracker().Update(autoscalingv2.SchemeGroupVersion.WithResource("horizontalpodautoscalers"), autoscaler(1, ""), "app"); err != nil {
		t.Fatal(err)
	}
	if _, err := obs.Await(t.Context(), long, "no metric", func(s State) bool { return s.Average == nil }); err != nil {
		t.Error(err)
	}
}

func TestAnAutoscalerThatCannotReadIsBlind(t *testing.T) {
	client, obs := start(t, deployment(1, 1), autoscaler(1, "0"))
	for _, reason := range []string{"FailedGetPodsMetric", "ScalingDisabled", "FailedGetPodsMetric", "ValidMetricFound"} {
		blind, status := reason == "FailedGetPodsMetric", corev1.ConditionFalse
		if reason == "ValidMetricFound" {
			status = corev1.ConditionTrue
		}
		h := autoscaler(1, "0")
		h.Status.Conditions = []autoscalingv2.HorizontalPodAutoscalerCondition{
			{Type: autoscalingv2.ScalingLimited, Status: corev1.ConditionFalse},
			{Type: autoscalingv2.ScalingActive, Status: status, Reason: reason},
		}
		if err := client.Tracker().Update(autoscalingv2.SchemeGroupVersion.WithResource("horizontalpodautoscalers"), h, "app"); err != nil {
			t.Fatal(err)
		}
		state, err := obs.Await(t.Context(), long, "the condition", func(s State) bool { return s.Blind == blind })
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(state.String(), "not readable") != blind {
			t.Errorf("a state with Blind %t reads %q", blind, state)
		}
	}
}

func TestHistory(t *testing.T) {
	low, high := resource.MustParse("500m"), resource.MustParse("20")
	began := time.Unix(100, 0)
	h := History{
		{At: began, Wanted: 1, Desired: 1},
		{At: began.Add(3 * time.Second), Wanted: 1, Desired: 4, Average: &high},
		{At: began.Add(90 * time.Second), Wanted: 2, Desired: 2, Average: &low},
	}
	if h.MostWanted() != 4 {
		t.Errorf("most wanted is %d, want the autoscaler's 4", h.MostWanted())
	}
	if highest := h.HighestAverage(); highest.Cmp(high) != 0 {
		t.Errorf("highest average is %s, want 20", &highest)
	}
	if s, ok := h.First(func(s State) bool { return s.Wanted == 2 }); !ok || s.At != began.Add(90*time.Second) {
		t.Errorf("first state with two replicas is %s, %t", s, ok)
	}
	if _, ok := h.First(func(s State) bool { return s.Wanted == 9 }); ok {
		t.Error("found a state that is not there")
	}
	if !strings.Contains(h.String(), "+90.0 s  replicas 2") {
		t.Errorf("history reads\n%s", h)
	}
}
