// SPDX-License-Identifier: Apache-2.0

package test

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/outage"
)

// prometheusLabels are the operator's, whichever chart brings it.
const prometheusLabels = "app.kubernetes.io/name=prometheus"

// pods returns the pods that a selector selects, and fails the test when there
// are none that run.
func (f *fault) pods(namespace, selector string) []corev1.Pod {
	f.t.Helper()
	list, err := f.client.CoreV1().Pods(namespace).List(f.ctx, metav1.ListOptions{LabelSelector: selector})
	if err != nil {
		f.t.Fatal(err)
	}
	if len(list.Items) == 0 {
		f.t.Fatalf("no pod of namespace %s has the labels %s", namespace, selector)
	}
	return list.Items
}

// adapterPods is how the adapter's Deployment finds its pods.
func (f *fault) adapterPods() string { return f.selector(f.places.monitoring, f.places.adapter) }

// containerID is that of a pod's container, as the kubelet knows it.
func containerID(pod corev1.Pod, container string) string {
	for _, c := range pod.Status.ContainerStatuses {
		if c.Name == container {
			return c.ContainerID
		}
	}
	return ""
}

// kill ends the main process of a pod's container at once.
func (f *fault) kill(ctx context.Context, pod corev1.Pod, container string) error {
	return f.machine.Kill(ctx, containerID(pod, container))
}

// removePods ends pods at once, and removes them with all they hold.
func (f *fault) removePods(ctx context.Context, namespace, selector string) error {
	now := int64(0)
	for _, pod := range f.pods(namespace, selector) {
		if err := f.client.CoreV1().Pods(namespace).Delete(ctx, pod.Name, metav1.DeleteOptions{GracePeriodSeconds: &now}); err != nil {
			return fmt.Errorf("removing pod %s/%s: %w", namespace, pod.Name, err)
		}
	}
	return nil
}

// awaitGone waits until what is watched does not answer: without that a test
// would prove nothing.
func (f *fault) awaitGone(w *outage.Watch, limit time.Duration) {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(f.ctx, limit)
	defer cancel()
	if _, err := w.AwaitBad(ctx); err != nil {
		f.t.Fatalf("the fault had no effect within %s: %v", limit, err)
	}
}

// awaitRestart waits until a container of a pod runs again.
func (f *fault) awaitRestart(before corev1.Pod, container string, limit time.Duration) {
	f.t.Helper()
	f.until(limit, "for "+container+" to run again", func(ctx context.Context) error {
		pod, err := f.client.CoreV1().Pods(before.Namespace).Get(ctx, before.Name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		if id := containerID(*pod, container); id == "" || id == containerID(before, container) {
			return fmt.Errorf("container %s of pod %s is still %q", container, pod.Name, id)
		}
		for _, c := range pod.Status.ContainerStatuses {
			if c.Name == container && c.State.Running == nil {
				return fmt.Errorf("container %s of pod %s does not run: %+v", container, pod.Name, c.State)
			}
		}
		return nil
	})
}

// awaitCrash waits until a container of the pods has ended by itself with an
// error.
func (f *fault) awaitCrash(namespace, selector string, limit time.Duration) {
	f.t.Helper()
	f.until(limit, "for a pod to crash", func(ctx context.Context) error {
		list, err := f.client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{LabelSelector: selector})
		if err != nil {
			return err
		}
		for _, pod := range list.Items {
			for _, c := range pod.Status.ContainerStatuses {
				if ended := c.LastTerminationState.Terminated; ended != nil && ended.ExitCode != 0 && !c.Ready {
					f.t.Logf("%s has crashed: %s", pod.Name, ended.Message)
					return nil
				}
			}
		}
		return fmt.Errorf("none of %d has crashed", len(list.Items))
	})
}

// awaitRolled waits until a Deployment has replaced all its pods.
func (f *fault) awaitRolled(namespace, name string, limit time.Duration) {
	f.t.Helper()
	f.until(limit, "for the end of the roll-out of "+name, func(ctx context.Context) error {
		d, err := f.client.AppsV1().Deployments(namespace).Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		if s := d.Status; s.ObservedGeneration < d.Generation || s.UpdatedReplicas < *d.Spec.Replicas || s.Replicas > *d.Spec.Replicas || s.AvailableReplicas < *d.Spec.Replicas {
			return fmt.Errorf("of %d replicas %d are new and %d available", s.Replicas, s.UpdatedReplicas, s.AvailableReplicas)
		}
		return nil
	})
}

// restoreAlways sees to it that what a fault has changed is put back, however
// the test ends; restore does it before that.
func (f *fault) restoreAlways(restore func(context.Context) error) {
	f.restore = func(ctx context.Context) error {
		err := restore(ctx)
		if err == nil {
			f.restore = nil
		}
		return err
	}
	f.t.Cleanup(func() {
		if f.restore == nil {
			return
		}
		// The scenario's own context may be what has ended.
		ctx, cancel := context.WithTimeout(context.Background(), answer)
		defer cancel()
		if err := f.restore(ctx); err != nil {
			f.t.Errorf("putting back what the fault has changed: %v", err)
		}
	})
}

// requireFiring fails the test unless Prometheus reports the alert.
func (f *fault) requireFiring(alert string) {
	f.t.Helper()
	prometheus := f.prometheus()
	count, err := prometheus.Scalar(f.ctx, fmt.Sprintf("count(ALERTS{alertname=%q,alertstate=\"firing\"})", alert))
	if err != nil || count == 0 {
		f.t.Errorf("the alert %s does not fire after %.0f s of fault: %v", alert, f.record.Held, err)
		return
	}
	f.record.Alerts = append(f.record.Alerts, alert)
}

// requireServed fails the test unless the metric was served all the time.
func (f *fault) requireServed() {
	f.t.Helper()
	if spans := f.metric.Spans(); len(spans) > 0 {
		f.t.Fatalf("the metric was not served all the time: %+v", spans)
	}
}

// requireHealthy fails the test unless all pods are ready.
func (f *fault) requireHealthy(pods []corev1.Pod) {
	f.t.Helper()
	for _, pod := range pods {
		for _, c := range pod.Status.ContainerStatuses {
			if !c.Ready && pod.DeletionTimestamp == nil {
				f.t.Errorf("container %s of pod %s is not ready: %+v", c.Name, pod.Name, c.State)
			}
		}
	}
}
