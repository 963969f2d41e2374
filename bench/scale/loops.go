// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/bench/internal/clocks"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/metrics"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/node"
)

// defaultPeriod is how often the controller manager syncs each autoscaler by
// default.
const defaultPeriod = 15 * time.Second

// slowAutoscaler sets the autoscaler's default period. This environment's, one
// second, is over before the metric of thousands of pods is there, and without a
// pause between two loops the cost of one cannot be measured.
func (s *stage) slowAutoscaler(ctx context.Context, _ string) error {
	node := clocks.Node{Client: s.client, Node: node.Node{Engine: s.env.Engine, Name: s.node}}
	s.later(func(ctx context.Context) error { return node.SetSync(ctx, s.env.HPASyncPeriod()) })
	return node.SetSync(ctx, defaultPeriod)
}

// syncPeriod returns how often the controller syncs each autoscaler, by its flag.
func (s *stage) syncPeriod(ctx context.Context) (time.Duration, error) {
	pod, err := s.client.CoreV1().Pods("kube-system").Get(ctx, "kube-controller-manager-"+s.node, metav1.GetOptions{})
	if err != nil {
		return 0, fmt.Errorf("looking for the period of the autoscaler: %w", err)
	}
	return syncPeriodOf(pod.Spec.Containers[0].Command)
}

func syncPeriodOf(command []string) (time.Duration, error) {
	const flag = "--horizontal-pod-autoscaler-sync-period="
	for _, argument := range command {
		if text, found := strings.CutPrefix(argument, flag); found {
			period, err := time.ParseDuration(text)
			if err != nil || period <= 0 {
				return 0, fmt.Errorf("the controller manager has %s%s: want a duration such as 15s", flag, text)
			}
			return period, nil
		}
	}
	return defaultPeriod, nil
}

// loops is the autoscalers' time for entire loops and for the metric in them.
type loops struct{ whole, metric total }

// ownLoop measures loops of the application's own autoscaler. It runs alongside the benchmark's, and the
// controller does not report which loop is whose.
func (s *stage) ownLoop(ctx context.Context) (loops, error) {
	s.say("the application's own autoscaler")
	from, err := s.snapshot(ctx)
	if err != nil {
		return loops{}, err
	}
	to, err := s.looped(ctx, from, 2)
	return loops{to.loop.since(from.loop), to.computed.since(from.computed)}, err
}

// looped waits until the autoscalers have completed count loops since a snapshot, and returns a
// snapshot that includes them.
func (s *stage) looped(ctx context.Context, from snapshot, count float64) (to snapshot, err error) {
	err = s.poll(ctx, loopTimeout, "the autoscaler's loops", func(ctx context.Context) (string, bool, error) {
		text, err := s.metricsOf(ctx, controller)
		if err != nil {
			return "", false, err
		}
		e, err := metrics.Parse(text, metricSeconds+"_count")
		if err != nil {
			return "", false, err
		}
		seen := e.Sum(metricSeconds+"_count", "error", "none") - from.computed.count
		return fmt.Sprintf("%.0f of %.0f", seen, count), seen >= count && time.Since(from.at) >= leastWatch, nil
	})
	if err != nil {
		return to, err
	}
	return s.snapshot(ctx)
}

// without subtracts loops of the other autoscaler, others in number, and returns the mean of the rest.
func without(all, other total, others float64) float64 {
	left := all.count - others
	if left < 1 {
		return 0
	}
	return max(0, (all.sum-others*other.mean())/left)
}
