// SPDX-License-Identifier: Apache-2.0

package podtimes

import (
	"context"
	"errors"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"
)

func at(seconds int) time.Time { return time.Unix(int64(seconds), 0) }

// pod returns a pod with the conditions true, and with running and waiting containers.
func pod(name string, running, waiting int, conditions ...corev1.PodConditionType) *corev1.Pod {
	p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "demo"}}
	for _, c := range conditions {
		p.Status.Conditions = append(p.Status.Conditions, corev1.PodCondition{Type: c, Status: corev1.ConditionTrue})
	}
	for range running {
		p.Status.ContainerStatuses = append(p.Status.ContainerStatuses, corev1.ContainerStatus{State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}})
	}
	for range waiting {
		p.Status.ContainerStatuses = append(p.Status.ContainerStatuses, corev1.ContainerStatus{})
	}
	return p
}

func TestEachStateIsNotedOnce(t *testing.T) {
	w := &Watch{pods: map[string]Times{}, changed: make(chan struct{})}
	w.see(pod("old", 1, 0, corev1.PodScheduled, corev1.PodReady), at(1))
	old := w.Known()
	_, changed := w.New(old)
	w.see(pod("new", 0, 0), at(2))
	select {
	case <-changed:
	default:
		t.Error("a new pod is not seen as a change")
	}
	w.see(pod("new", 0, 0, corev1.PodScheduled), at(3))
	w.see(pod("new", 1, 1, corev1.PodScheduled), at(4)) // one of two containers runs
	w.see(pod("new", 2, 0, corev1.PodScheduled), at(5))
	if pods, _ := w.New(old); pods["new"] != (Times{Created: at(2), Scheduled: at(3), Started: at(5)}) || len(pods) != 1 {
		t.Errorf("new pods are %v, want one that is started and not ready", pods)
	}
	w.see(pod("new", 2, 0, corev1.PodScheduled, corev1.PodReady), at(6))
	w.see(pod("new", 2, 0, corev1.PodScheduled, corev1.PodReady), at(7))
	times, err := w.AwaitReady(t.Context(), old)
	if want := (Times{at(2), at(3), at(5), at(6)}); err != nil || times != want {
		t.Errorf("times are %v, error %v; want %v", times, err, want)
	}
}

func TestStartKnowsPresentPodsAndSeesNewOnes(t *testing.T) {
	client := fake.NewClientset(pod("old", 1, 0, corev1.PodReady))
	w, stop, err := Start(t.Context(), client, "demo")
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	old := w.Known()
	if len(old) != 1 {
		t.Fatalf("known are %v, want the one pod that is there", old)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.AwaitReady(ended, old); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want the end of the context", err)
	}
	if _, err := client.CoreV1().Pods("demo").Create(t.Context(), pod("new", 1, 0, corev1.PodReady), metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.AwaitReady(t.Context(), old); err != nil {
		t.Error(err)
	}
}
