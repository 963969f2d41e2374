// SPDX-License-Identifier: Apache-2.0

package fault

import (
	"context"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/node"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/observe"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/budget"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/outage"
)

// PrometheusLabels are set by the operator, whichever chart installs it.
const PrometheusLabels = "app.kubernetes.io/name=prometheus"

// Pods returns the pods that a selector selects, and fails the test when there are
// none.
func (f *Fault) Pods(namespace, selector string) []corev1.Pod {
	f.T.Helper()
	list, err := f.Client.CoreV1().Pods(namespace).List(f.Ctx, metav1.ListOptions{LabelSelector: selector})
	if err != nil {
		f.T.Fatal(err)
	}
	if len(list.Items) == 0 {
		f.T.Fatalf("no pod of namespace %s has the labels %s", namespace, selector)
	}
	return list.Items
}

// AdapterPods returns the label selector of the adapter's pods.
func (f *Fault) AdapterPods() string { return f.Selector(f.Places.Monitoring, f.Places.Adapter) }

// ContainerID returns the ID of a pod's container as the kubelet reports it, or "".
func ContainerID(pod corev1.Pod, container string) string {
	for _, c := range pod.Status.ContainerStatuses {
		if c.Name == container {
			return c.ContainerID
		}
	}
	return ""
}

// On returns the node that a pod runs on.
func (f *Fault) On(pod corev1.Pod) node.Node {
	return node.Node{Engine: f.Machine.Engine, Name: pod.Spec.NodeName}
}

// Kill ends the main process of a pod's container at once.
func (f *Fault) Kill(ctx context.Context, pod corev1.Pod, container string) error {
	return f.On(pod).Kill(ctx, ContainerID(pod, container))
}

// RemovePods deletes pods without a grace period, with all they hold.
func (f *Fault) RemovePods(ctx context.Context, namespace, selector string) error {
	for _, pod := range f.Pods(namespace, selector) {
		if err := f.RemovePod(ctx, pod); err != nil {
			return err
		}
	}
	return nil
}

// RemovePod does so with one pod.
func (f *Fault) RemovePod(ctx context.Context, pod corev1.Pod) error {
	now := int64(0)
	if err := f.Client.CoreV1().Pods(pod.Namespace).Delete(ctx, pod.Name, metav1.DeleteOptions{GracePeriodSeconds: &now}); err != nil {
		return fmt.Errorf("removing pod %s/%s: %w", pod.Namespace, pod.Name, err)
	}
	return nil
}

// AwaitGone waits until what is watched stops answering: otherwise a test would
// prove nothing.
func (f *Fault) AwaitGone(w *outage.Watch, limit time.Duration) {
	f.T.Helper()
	ctx, cancel := context.WithTimeout(f.Ctx, limit)
	defer cancel()
	if _, err := w.AwaitBad(ctx); err != nil {
		f.T.Fatalf("the fault had no effect within %s: %v", limit, err)
	}
}

// AwaitRestart waits until a container of a pod runs again.
func (f *Fault) AwaitRestart(before corev1.Pod, container string, limit time.Duration) {
	f.T.Helper()
	f.Until(limit, "for "+container+" to run again", func(ctx context.Context) error {
		pod, err := f.Client.CoreV1().Pods(before.Namespace).Get(ctx, before.Name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		if id := ContainerID(*pod, container); id == "" || id == ContainerID(before, container) {
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

// AwaitCrash waits until a container of the pods has exited by itself with an
// error.
func (f *Fault) AwaitCrash(namespace, selector string, limit time.Duration) {
	f.T.Helper()
	f.Until(limit, "for a pod to crash", func(ctx context.Context) error {
		list, err := f.Client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{LabelSelector: selector})
		if err != nil {
			return err
		}
		for _, pod := range list.Items {
			for _, c := range pod.Status.ContainerStatuses {
				if ended := c.LastTerminationState.Terminated; ended != nil && ended.ExitCode != 0 && !c.Ready {
					f.T.Logf("%s has crashed: %s", pod.Name, ended.Message)
					return nil
				}
			}
		}
		return fmt.Errorf("none of %d has crashed", len(list.Items))
	})
}

// AwaitRefusal waits until a pod of the adapter runs, is not ready, and says in its
// Lease why it refuses its rules.
func (f *Fault) AwaitRefusal(why string, limit time.Duration) {
	f.T.Helper()
	f.Until(limit, "for a pod to refuse its rules", func(ctx context.Context) error {
		list, err := f.Client.CoreV1().Pods(f.Places.Monitoring).List(ctx, metav1.ListOptions{LabelSelector: f.AdapterPods()})
		if err != nil {
			return err
		}
		for _, pod := range list.Items {
			lease, err := f.Client.CoordinationV1().Leases(pod.Namespace).Get(ctx, pod.Name, metav1.GetOptions{})
			if err != nil {
				continue
			}
			told := lease.Annotations["nginx-prometheus-hpa/refused-because"]
			for _, c := range pod.Status.ContainerStatuses {
				if c.State.Running != nil && !c.Ready && lease.Annotations["nginx-prometheus-hpa/rules-sha256"] == "" && strings.Contains(told, why) {
					f.T.Logf("%s is not ready: %s", pod.Name, told)
					return nil
				}
			}
		}
		return fmt.Errorf("none of %d says %q", len(list.Items), why)
	})
}

// AwaitRolled waits until a Deployment has replaced all its pods.
func (f *Fault) AwaitRolled(namespace, name string, limit time.Duration) {
	f.T.Helper()
	f.Until(limit, "for the end of the rollout of "+name, func(ctx context.Context) error {
		d, err := f.Client.AppsV1().Deployments(namespace).Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		if s := d.Status; s.ObservedGeneration < d.Generation || s.UpdatedReplicas < *d.Spec.Replicas || s.Replicas > *d.Spec.Replicas || s.AvailableReplicas < *d.Spec.Replicas {
			return fmt.Errorf("of %d replicas %d are new and %d available", s.Replicas, s.UpdatedReplicas, s.AvailableReplicas)
		}
		return nil
	})
}

// RestoreAlways makes sure that what a fault has changed is restored, however the
// test ends; f.Restore does it earlier.
func (f *Fault) RestoreAlways(restore func(context.Context) error) {
	f.Restore = func(ctx context.Context) error {
		err := restore(ctx)
		if err == nil {
			f.Restore = nil
		}
		return err
	}
	f.T.Cleanup(func() {
		if f.Restore == nil {
			return
		}
		// The scenario's own context may have ended.
		ctx, cancel := context.WithTimeout(context.Background(), budget.Answer)
		defer cancel()
		if err := f.Restore(ctx); err != nil {
			f.T.Errorf("restoring what the fault has changed: %v", err)
		}
	})
}

// RequireFiring fails the test unless Prometheus reports the alert.
func (f *Fault) RequireFiring(alert string) {
	f.T.Helper()
	prometheus := f.Prometheus()
	count, err := prometheus.Scalar(f.Ctx, fmt.Sprintf("count(ALERTS{alertname=%q,alertstate=\"firing\"})", alert))
	if err != nil || count == 0 {
		f.T.Errorf("the alert %s does not fire after %.0f s of fault: %v", alert, f.Record.Held, err)
		return
	}
	f.Record.Alerts = append(f.Record.Alerts, alert)
}

// RequireServed fails the test unless the metric was served all the time.
func (f *Fault) RequireServed() {
	f.T.Helper()
	if spans := f.Metric.Spans(); len(spans) > 0 {
		f.T.Fatalf("the metric was not served all the time: %+v", spans)
	}
}

// RequireSighted fails the test unless the autoscaler could read its metric at
// every sync since the load was steady.
func (f *Fault) RequireSighted() {
	f.T.Helper()
	if blind, found := f.Observer.Since(f.mark).First(func(now observe.State) bool { return now.Blind }); found {
		f.T.Errorf("the autoscaler could not read its metric: %s", blind)
	}
}

// RequireHealthy fails the test unless all pods are ready.
func (f *Fault) RequireHealthy(pods []corev1.Pod) {
	f.T.Helper()
	for _, pod := range pods {
		for _, c := range pod.Status.ContainerStatuses {
			if !c.Ready && pod.DeletionTimestamp == nil {
				f.T.Errorf("container %s of pod %s is not ready: %+v", c.Name, pod.Name, c.State)
			}
		}
	}
}
