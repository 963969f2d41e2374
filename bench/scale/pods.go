// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/bench/scale/internal/fleet"
)

const (
	selectorKey   = "app"
	selectorValue = "fleet"
	selector      = selectorKey + "=" + selectorValue
	// atOnce is how many pods are created at the same time. More only wait for each other.
	atOnce = 16
	// growTimeout is how long pods, series and answers may take to appear.
	growTimeout = 4 * time.Minute
)

// grow creates pods until there are as many as wanted, and waits until all of them run.
func (s *stage) grow(ctx context.Context, from, pods, labels int) error {
	template, err := s.template(ctx)
	if err != nil {
		return err
	}
	workers, creating := errgroup.WithContext(ctx)
	workers.SetLimit(atOnce)
	for i := from; i < pods; i++ {
		workers.Go(func() error {
			pod := template.DeepCopy()
			pod.Name, pod.Spec.NodeName = fleet.Pod(i), kwokNode(i)
			_, err := s.client.CoreV1().Pods(benchNamespace).Create(creating, pod, metav1.CreateOptions{})
			if err != nil && !apierrors.IsAlreadyExists(err) {
				return fmt.Errorf("creating pod %s: %w", pod.Name, err)
			}
			return nil
		})
	}
	if err := workers.Wait(); err != nil {
		return err
	}
	if err := s.expose(ctx, pods, labels); err != nil {
		return err
	}
	return s.poll(ctx, growTimeout, "kwok to have all pods Running", func(ctx context.Context) (string, bool, error) {
		// Served from the API server's cache; the content does not matter.
		list, err := s.client.CoreV1().Pods(benchNamespace).List(ctx, metav1.ListOptions{LabelSelector: selector, FieldSelector: "status.phase=Running", ResourceVersion: "0"})
		if err != nil {
			return "", false, err
		}
		return fmt.Sprintf("%d of %d", len(list.Items), pods), len(list.Items) == pods, nil
	})
}

// expose makes the exporter expose the counters of this many pods.
func (s *stage) expose(ctx context.Context, pods, labels int) error {
	_, err := s.client.CoreV1().RESTClient().Post().Namespace(benchNamespace).Resource("services").Name("http:exporter:metrics").
		SubResource("proxy").Suffix("series").Param("pods", strconv.Itoa(pods)).Param("labels", strconv.Itoa(labels)).DoRaw(ctx)
	if err != nil {
		return fmt.Errorf("resizing the exporter: %w", err)
	}
	return nil
}

// answered waits until the metrics have the right value for every pod: their counters rise evenly, so a
// wrong rate is one that does not have two scrapes of all series yet.
func (s *stage) answered(ctx context.Context, pods int, which ...string) error {
	for _, way := range which {
		if err := s.poll(ctx, growTimeout, "the right values of "+metricNames[way], func(ctx context.Context) (string, bool, error) {
			list, _, err := s.ask(ctx, way)
			if err != nil {
				return "", false, err
			}
			want, each, right := pods, float64(fleet.Rate), 0
			if way == workload {
				want, each = 1, each*float64(pods)
			}
			for _, item := range list.Items {
				if v := item.Value.AsApproximateFloat64(); v > 0.8*each && v < 1.2*each {
					right++
				}
			}
			return fmt.Sprintf("%d values, %d of them right, of %d", len(list.Items), right, want), right == want && len(list.Items) == want, nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// template returns the application's own pod, so that what the adapter reads of each pod is as long as
// in reality, for kwok's nodes.
func (s *stage) template(ctx context.Context) (*corev1.Pod, error) {
	app, err := s.client.AppsV1().Deployments(appNamespace).Get(ctx, appName, metav1.GetOptions{})
	if err != nil {
		return nil, fmt.Errorf("reading the application's pod template: %w", err)
	}
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Labels: app.Spec.Template.Labels, Annotations: app.Spec.Template.Annotations}, Spec: app.Spec.Template.Spec}
	pod.Labels["pod-template-hash"], pod.Labels[selectorKey] = "7d4b9c6f58", selectorValue
	pod.Spec.ServiceAccountName, pod.Spec.DeprecatedServiceAccount = "default", ""
	pod.Spec.Tolerations = append(pod.Spec.Tolerations, corev1.Toleration{Key: kwokMark, Operator: corev1.TolerationOpExists})
	return pod, nil
}

// podBytes returns the length of one pod as the adapter reads it.
func (s *stage) podBytes(ctx context.Context) (int, error) {
	body, err := s.client.CoreV1().RESTClient().Get().Namespace(benchNamespace).Resource("pods").Name(fleet.Pod(0)).
		SetHeader("Accept", "application/json").DoRaw(ctx)
	if err != nil {
		return 0, fmt.Errorf("reading a pod: %w", err)
	}
	return len(body), nil
}

// follow makes the autoscaler read the metric, with nothing to change at this number of pods.
func (s *stage) follow(ctx context.Context, pods int, way string) error {
	if err := s.apply(ctx, "autoscaler.yaml", map[string]any{"Namespace": benchNamespace, "Pods": pods, "Metric": metricNames[way], "Target": fleet.Rate, "Service": map[bool]string{way == workload: exporterName}[true]}); err != nil {
		return err
	}
	status, err := json.Marshal(map[string]any{"status": map[string]any{"replicas": pods, "selector": selector}})
	if err != nil {
		return err
	}
	err = s.client.RESTClient().Patch(types.MergePatchType).AbsPath("/apis/bench.nginx-prometheus-hpa/v1/namespaces", benchNamespace, "fleets/fleet/status").Body(status).Do(ctx).Error()
	if err != nil {
		return fmt.Errorf("setting the number of pods in the fleet's status: %w", err)
	}
	// The controller discovers a new kind only after a while.
	return s.poll(ctx, loopTimeout, "the autoscaler to be active", func(ctx context.Context) (string, bool, error) {
		hpa, err := s.client.AutoscalingV2().HorizontalPodAutoscalers(benchNamespace).Get(ctx, "fleet", metav1.GetOptions{})
		if err != nil {
			return "", false, err
		}
		for _, c := range hpa.Status.Conditions {
			if c.Type == autoscalingv2.ScalingActive {
				return c.Message, c.Status == corev1.ConditionTrue, nil
			}
		}
		return "nothing yet", false, nil
	})
}

// removePods deletes pods in parallel: one after the other, as the API server itself would, it takes
// longer than a request may.
func (s *stage) removePods(ctx context.Context, pods int) error {
	now := int64(0)
	workers, deleting := errgroup.WithContext(ctx)
	workers.SetLimit(atOnce)
	for i := range pods {
		workers.Go(func() error {
			err := s.client.CoreV1().Pods(benchNamespace).Delete(deleting, fleet.Pod(i), metav1.DeleteOptions{GracePeriodSeconds: &now})
			return ignoreNotFound(err)
		})
	}
	if err := workers.Wait(); err != nil {
		return fmt.Errorf("deleting the pods: %w", err)
	}
	return nil
}
