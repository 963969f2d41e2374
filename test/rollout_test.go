// SPDX-License-Identifier: Apache-2.0

package test

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// restart replaces every pod of a Deployment by the way of an update, as
// kubectl rollout restart does, and waits until none of the old ones is left.
func (s *suite) restart(namespace, name string, limit time.Duration) {
	s.t.Helper()
	began := time.Now()
	patch := fmt.Sprintf(`{"spec":{"template":{"metadata":{"annotations":{"kubectl.kubernetes.io/restartedAt":%q}}}}}`, began.Format(time.RFC3339Nano))
	_, err := s.client.AppsV1().Deployments(namespace).Patch(s.ctx, name, types.StrategicMergePatchType, []byte(patch), metav1.PatchOptions{})
	if err != nil {
		s.t.Fatal(err)
	}
	s.until(limit, fmt.Sprintf("until the pods of %s/%s are replaced", namespace, name), func(ctx context.Context) error {
		return s.restarted(ctx, namespace, name)
	})
	s.t.Logf("all pods of %s/%s were replaced in %s", namespace, name, time.Since(began).Round(time.Second))
}

// restarted says what of a Deployment's update is yet to come.
func (s *suite) restarted(ctx context.Context, namespace, name string) error {
	d, err := s.client.AppsV1().Deployments(namespace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	selector := metav1.FormatLabelSelector(d.Spec.Selector)
	pods, err := s.client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{LabelSelector: selector})
	if err != nil {
		return err
	}
	return incomplete(d, pods.Items)
}

func incomplete(d *appsv1.Deployment, pods []corev1.Pod) error {
	wanted := int32(1)
	if d.Spec.Replicas != nil {
		wanted = *d.Spec.Replicas
	}
	if d.Status.ObservedGeneration < d.Generation {
		return fmt.Errorf("generation %d is not observed yet", d.Generation)
	}
	if d.Status.UpdatedReplicas != wanted || d.Status.AvailableReplicas != wanted || len(pods) != int(wanted) {
		return fmt.Errorf("%d replicas are wanted, %d updated, %d available, and there are %d pods", wanted, d.Status.UpdatedReplicas, d.Status.AvailableReplicas, len(pods))
	}
	return nil
}

// hurryScaleDown shortens the autoscaler's window for scaling down until the
// test ends.
func (s *suite) hurryScaleDown(window time.Duration) {
	s.t.Helper()
	autoscalers := s.client.AutoscalingV2().HorizontalPodAutoscalers(appNamespace)
	before, err := autoscalers.Get(s.ctx, appName, metav1.GetOptions{})
	if err != nil {
		s.t.Fatal(err)
	}
	set := func(ctx context.Context, seconds *int32) error {
		patch, err := json.Marshal(map[string]any{"spec": map[string]any{"behavior": map[string]any{
			"scaleDown": map[string]any{"stabilizationWindowSeconds": seconds},
		}}})
		if err != nil {
			return err
		}
		_, err = autoscalers.Patch(ctx, appName, types.MergePatchType, patch, metav1.PatchOptions{})
		return err
	}
	if before.Spec.Behavior == nil || before.Spec.Behavior.ScaleDown == nil {
		s.t.Fatalf("autoscaler %s/%s has no behavior for scaling down", appNamespace, appName)
	}
	s.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), answer)
		defer cancel()
		if err := set(ctx, before.Spec.Behavior.ScaleDown.StabilizationWindowSeconds); err != nil {
			s.t.Errorf("the autoscaler's window for scaling down stays at %s: %v", window, err)
		}
	})
	seconds := int32(window.Seconds())
	if err := set(s.ctx, &seconds); err != nil {
		s.t.Fatal(err)
	}
}
