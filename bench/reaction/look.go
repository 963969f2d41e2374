// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/bench/internal/arena"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/metrics"
)

// Intervals at which what cannot be watched is polled, and so how exact the times of
// these moments are. Polling takes processor time that the reaction could use: the
// metrics API is the expensive one.
const (
	lookAtSamples = 50 * time.Millisecond
	lookAtAPI     = 100 * time.Millisecond
	lookAtPods    = 50 * time.Millisecond
)

// tolerated is the metric up to which an autoscaler does nothing: a tenth above
// the target.
const tolerated = 1.1 * arena.Target

func (b *bench) prometheus() metrics.Prometheus {
	return metrics.Prometheus{HTTP: &http.Client{Timeout: 5 * time.Second}, URL: b.Env.PrometheusURL}
}

// counter returns how many requests an application has counted, as far as Prometheus
// knows.
func (b *bench) counter(ctx context.Context, app string) (float64, error) {
	return b.prometheus().Scalar(ctx, fmt.Sprintf("sum(%s{namespace=%q})", arena.Counter, arena.Namespace(app)))
}

// lookAtPrometheus records when Prometheus has requests of the step, and when their
// rate is one that the autoscaler would act on.
func (b *bench) lookAtPrometheus(ctx context.Context, app string, counted float64, m *marks) {
	rate := fmt.Sprintf("avg(sum(rate(%s{namespace=%q}[%ds])) by (pod))", arena.Counter, arena.Namespace(app), apps[app].RateWindow)
	prometheus := b.prometheus()
	every(ctx, lookAtSamples, func() (done bool) {
		// A poll that fails is followed by the next.
		if m.at[scraped].IsZero() {
			now, err := b.counter(ctx, app)
			if err != nil || now <= counted {
				return false
			}
			m.set(scraped, time.Now())
		}
		now, err := prometheus.Scalar(ctx, rate)
		if err != nil || now <= tolerated {
			return false
		}
		m.set(visible, time.Now())
		return true
	})
}

// lookAtMetric records when the metrics API has a value that the autoscaler would
// act on.
func (b *bench) lookAtMetric(ctx context.Context, app string, m *marks) {
	api := metrics.Pods{Client: b.Client.CoreV1().RESTClient(), Namespace: arena.Namespace(app), Metric: arena.Metric(app)}
	every(ctx, lookAtAPI, func() (done bool) {
		list, err := api.Values(ctx)
		if err != nil || len(list.Items) == 0 {
			return false
		}
		var sum float64
		for _, item := range list.Items {
			sum += item.Value.AsApproximateFloat64()
		}
		if sum/float64(len(list.Items)) <= tolerated {
			return false
		}
		m.set(served, time.Now())
		return true
	})
}

// firstRequest waits until a new pod has served a request, and records that moment
// and those of the pod before it.
func (b *bench) firstRequest(ctx context.Context, app string, w *watched, old []string, m *marks) error {
	counter := metrics.Counter{Client: b.Client.CoreV1().RESTClient(), Namespace: arena.Namespace(app), Port: arena.MetricsPort, Name: arena.Counter}
	ticker := time.NewTicker(lookAtPods)
	defer ticker.Stop()
	for {
		pods, changed := w.pods.New(old)
		m.see(pods)
		for name, times := range pods {
			if times.Ready.IsZero() {
				continue
			}
			if n, err := counter.Sum(ctx, []string{name}); err == nil && n > 0 {
				m.set(answered, time.Now())
				return nil
			}
		}
		select {
		case <-changed:
		case <-ticker.C:
		case <-ctx.Done():
			return fmt.Errorf("waiting for a new pod of %s that serves: %w", app, context.Cause(ctx))
		}
	}
}

// every calls look until it is done or ctx ends; the first time at once.
func every(ctx context.Context, interval time.Duration, look func() (done bool)) {
	// The end of ctx is not an error here.
	_ = wait.PollUntilContextCancel(ctx, interval, true, func(context.Context) (bool, error) { return look(), nil })
}
