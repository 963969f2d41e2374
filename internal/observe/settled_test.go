// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"
)

func dns(available int32) *appsv1.Deployment {
	two := int32(2)
	return &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Namespace: "kube-system", Name: "dns"},
		Spec:       appsv1.DeploymentSpec{Replicas: &two},
		Status:     appsv1.DeploymentStatus{AvailableReplicas: available},
	}
}

func proxy(ready int32) *appsv1.DaemonSet {
	return &appsv1.DaemonSet{
		ObjectMeta: metav1.ObjectMeta{Namespace: "kube-system", Name: "proxy"},
		Status:     appsv1.DaemonSetStatus{DesiredNumberScheduled: 1, NumberReady: ready},
	}
}

func running(status corev1.ConditionStatus) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: "kube-system", Name: "etcd"},
		Status: corev1.PodStatus{Phase: corev1.PodRunning, Conditions: []corev1.PodCondition{
			{Type: corev1.PodScheduled, Status: corev1.ConditionTrue},
			{Type: corev1.PodReady, Status: status},
		}},
	}
}

func machine(status corev1.ConditionStatus) *corev1.Node {
	return &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "worker"}, Status: corev1.NodeStatus{Conditions: []corev1.NodeCondition{
		{Type: corev1.NodeMemoryPressure, Status: corev1.ConditionTrue},
		{Type: corev1.NodeReady, Status: status},
	}}}
}

func TestUnsettled(t *testing.T) {
	stale := dns(2)
	stale.Generation = 7
	done := running(corev1.ConditionFalse)
	done.Status.Phase = corev1.PodSucceeded
	type deployments = []*appsv1.Deployment
	type sets = []*appsv1.DaemonSet
	type pods = []*corev1.Pod
	for _, c := range []struct {
		name        string
		deployments deployments
		sets        sets
		pods        pods
		want        string // part of the error; empty if all is ready
	}{
		{"all ready", deployments{dns(2)}, sets{proxy(1)}, pods{running(corev1.ConditionTrue)}, ""},
		{"a pod that has done its work", deployments{dns(2)}, nil, pods{done}, ""},
		{"an empty cluster", nil, nil, nil, "no deployment yet"},
		{"a replica missing", deployments{dns(1)}, sets{proxy(1)}, nil, "kube-system/dns has 1 replicas"},
		{"a status from before a change", deployments{stale}, nil, nil, "kube-system/dns"},
		{"a node missing", deployments{dns(2)}, sets{proxy(0)}, nil, "kube-system/proxy is ready on 0 of 1"},
		{"a pod that starts", deployments{dns(2)}, nil, pods{running(corev1.ConditionFalse)}, "kube-system/etcd is not ready"},
		{"a pod that no kubelet has reported on", deployments{dns(2)}, nil, pods{pod("new", "x")}, "app/new is not ready"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := unsettled([]*corev1.Node{machine(corev1.ConditionTrue)}, c.deployments, c.sets, c.pods)
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("reason is %v, want %q", err, c.want)
			}
		})
	}
}

// Its pods do not exist yet, so no list of workloads shows that they are missing.
func TestUnsettledWithANodeThatIsNotReady(t *testing.T) {
	for _, status := range []corev1.ConditionStatus{corev1.ConditionFalse, corev1.ConditionUnknown} {
		nodes := []*corev1.Node{machine(corev1.ConditionTrue), machine(status)}
		if err := unsettled(nodes, []*appsv1.Deployment{dns(2)}, nil, nil); err == nil || !strings.Contains(err.Error(), "node worker is not ready") {
			t.Errorf("with a node whose readiness is %s the reason is %v", status, err)
		}
	}
}

// opened returns a function that waits until the fake API server has that many open
// watches; it loses the changes before that.
func opened(client *fake.Clientset, watches int) (wait func()) {
	var open sync.WaitGroup
	open.Add(watches)
	client.PrependWatchReactor("*", func(action clienttesting.Action) (bool, watch.Interface, error) {
		w, err := client.Tracker().Watch(action.GetResource(), action.GetNamespace())
		open.Done()
		return true, w, err
	})
	return open.Wait
}

func TestAwaitSettledSeesTheLastChange(t *testing.T) {
	client := fake.NewClientset(dns(2), proxy(1), running(corev1.ConditionFalse))
	wait := opened(client, 4)
	result := make(chan error, 1)
	go func() { result <- AwaitSettled(t.Context(), client) }()
	wait()
	if err := client.Tracker().Update(corev1.SchemeGroupVersion.WithResource("pods"), running(corev1.ConditionTrue), "kube-system"); err != nil {
		t.Fatal(err)
	}
	if err := <-result; err != nil {
		t.Error(err)
	}
}

func TestAwaitSettledEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("time is up")
	client := fake.NewClientset(dns(1))
	wait := opened(client, 4)
	result := make(chan error, 1)
	go func() { result <- AwaitSettled(ctx, client) }()
	wait()
	cancel(cause)
	if err := <-result; !errors.Is(err, cause) {
		t.Errorf("error is %v, want the cause %q", err, cause)
	}
}
