// SPDX-License-Identifier: Apache-2.0

package suite

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/metrics"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/budget"
)

// Restart replaces every pod of a Deployment in a rollout, as kubectl rollout
// restart does, and waits until no old pod is left.
func (s *Suite) Restart(namespace, name string, limit time.Duration) {
	s.T.Helper()
	began := time.Now()
	patch := fmt.Sprintf(`{"spec":{"template":{"metadata":{"annotations":{"kubectl.kubernetes.io/restartedAt":%q}}}}}`, began.Format(time.RFC3339Nano))
	_, err := s.Client.AppsV1().Deployments(namespace).Patch(s.Ctx, name, types.StrategicMergePatchType, []byte(patch), metav1.PatchOptions{})
	if err != nil {
		s.T.Fatal(err)
	}
	s.Until(limit, fmt.Sprintf("until the pods of %s/%s are replaced", namespace, name), func(ctx context.Context) error {
		return s.restarted(ctx, namespace, name)
	})
	s.T.Logf("all pods of %s/%s were replaced in %s", namespace, name, time.Since(began).Round(time.Second))
}

// restarted returns an error until a Deployment's rollout is complete.
func (s *Suite) restarted(ctx context.Context, namespace, name string) error {
	d, err := s.Client.AppsV1().Deployments(namespace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	selector := metav1.FormatLabelSelector(d.Spec.Selector)
	pods, err := s.Client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{LabelSelector: selector})
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

// HurryScaleDown shortens the autoscaler's stabilization window for scaling down
// until the test ends.
func (s *Suite) HurryScaleDown(window time.Duration) {
	s.T.Helper()
	autoscalers := s.Client.AutoscalingV2().HorizontalPodAutoscalers(AppNamespace)
	before, err := autoscalers.Get(s.Ctx, AppName, metav1.GetOptions{})
	if err != nil {
		s.T.Fatal(err)
	}
	set := func(ctx context.Context, seconds *int32) error {
		patch, err := json.Marshal(map[string]any{"spec": map[string]any{"behavior": map[string]any{
			"scaleDown": map[string]any{"stabilizationWindowSeconds": seconds},
		}}})
		if err != nil {
			return err
		}
		_, err = autoscalers.Patch(ctx, AppName, types.MergePatchType, patch, metav1.PatchOptions{})
		return err
	}
	if before.Spec.Behavior == nil || before.Spec.Behavior.ScaleDown == nil {
		s.T.Fatalf("autoscaler %s/%s has no behavior for scaling down", AppNamespace, AppName)
	}
	s.T.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), budget.Answer)
		defer cancel()
		if err := set(ctx, before.Spec.Behavior.ScaleDown.StabilizationWindowSeconds); err != nil {
			s.T.Errorf("the autoscaler's window for scaling down stays at %s: %v", window, err)
		}
	})
	seconds := int32(window.Seconds())
	if err := set(s.Ctx, &seconds); err != nil {
		s.T.Fatal(err)
	}
}

// RequireBalance checks that NGINX spreads requests evenly over all replicas, by
// what the counters of the pods add until they have counted that many requests. By
// chance a pod may get more or less than its share, but nowhere near half or double.
func (s *Suite) RequireBalance(requests float64, limit time.Duration) {
	s.T.Helper()
	pods := s.Observer.Since(s.Observer.Mark())[0].Pods
	before := s.countedEach(pods)
	var shares []float64
	var spread metrics.Spread
	s.Until(limit, fmt.Sprintf("until %.0f requests are counted", requests), func(context.Context) error {
		shares = s.countedEach(pods)
		for i := range shares {
			shares[i] -= before[i]
		}
		if spread = metrics.SpreadOf(shares); spread.Sum < requests {
			return fmt.Errorf("it is %.0f", spread.Sum)
		}
		return nil
	})
	s.T.Logf("balance: %s; requests per pod %v", spread, shares)
	if slices.Min(shares) < spread.Mean/2 || slices.Max(shares) > spread.Mean*2 {
		s.T.Errorf("requests per pod are %v, want each between half and twice %.0f", shares, spread.Mean)
	}
}

// countedEach returns the application's counter of each pod.
func (s *Suite) countedEach(pods []string) []float64 {
	s.T.Helper()
	each := make([]float64, len(pods))
	for i, pod := range pods {
		each[i] = s.Counted([]string{pod})
	}
	return each
}
