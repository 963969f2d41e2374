// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"k8s.io/metrics/pkg/apis/custom_metrics/v1beta1"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/bench/internal/figures"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/metrics"
)

// How long one block of requests lasts: enough requests for a tail, but not minutes. The cost of a
// block is the difference of two processor clocks that tick every 10 ms.
const (
	blockRequests = 60
	blockTime     = 4 * time.Second
	blocks        = 2 // of each way, in turn
)

// blockLeast is how many requests are sent at least, however long they take. A recorded rate needs
// only a median.
var blockLeast = map[string]int{raw: 50, workload: 50, recorded: 5}

// fetch asks the API server for the metric of all pods, or of the Service, as the autoscaler does, and
// returns the raw answer.
func (s *stage) fetch(ctx context.Context, way string) ([]byte, error) {
	at := metrics.Pods{Namespace: benchNamespace, Metric: metricNames[way]}.Path()
	request := s.client.CoreV1().RESTClient().Get().AbsPath(at).Param("labelSelector", selector)
	if way == workload {
		at = strings.Replace(at, "/pods/*/", "/services/"+exporterName+"/", 1)
		request = s.client.CoreV1().RESTClient().Get().AbsPath(at)
	}
	body, err := request.DoRaw(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading %q: %w", at, err)
	}
	return body, nil
}

// ask returns the answer and its length in bytes.
func (s *stage) ask(ctx context.Context, way string) (*v1beta1.MetricValueList, int, error) {
	body, err := s.fetch(ctx, way)
	if err != nil {
		return nil, 0, err
	}
	list := &v1beta1.MetricValueList{}
	if err := json.Unmarshal(body, list); err != nil {
		return nil, 0, fmt.Errorf("the answer is not JSON of the expected form: %w", err)
	}
	return list, len(body), nil
}

// block is a number of requests, one after the other, with snapshots of the components.
type block struct {
	latencies []float64 // seconds, of those that succeeded
	failed    int
	from, to  snapshot
}

// block sends one block.
func (s *stage) block(ctx context.Context, way string) (b block, err error) {
	if b.from, err = s.snapshot(ctx); err != nil {
		return b, err
	}
	for began := time.Now(); ctx.Err() == nil; {
		sent := len(b.latencies) + b.failed
		if sent >= blockRequests || sent >= blockLeast[way] && time.Since(began) > blockTime {
			break
		}
		at := time.Now()
		if _, err := s.fetch(ctx, way); err != nil {
			s.say("a request failed: %v", err)
			b.failed++
			continue
		}
		b.latencies = append(b.latencies, time.Since(at).Seconds())
	}
	b.to, err = s.snapshot(ctx)
	return b, err
}

// summary summarizes the blocks of one way. It subtracts what the components use anyway, in cores, and
// what a snapshot of them costs, in seconds.
func summary(all []block, idle, asking map[string]float64) *Way {
	way := &Way{CPU: map[string]float64{}}
	var latencies []float64
	var queries total
	for _, b := range all {
		latencies = append(latencies, b.latencies...)
		way.Failed += b.failed
		way.Requests += len(b.latencies) + b.failed
		for component, seconds := range used(b.from, b.to) {
			way.CPU[component] += seconds - idle[component]*b.to.at.Sub(b.from.at).Seconds() - asking[component]
		}
		more := b.to.query.since(b.from.query)
		queries.sum, queries.count = queries.sum+more.sum, queries.count+more.count
	}
	for component := range way.CPU {
		way.CPU[component] = max(0, way.CPU[component]) / float64(max(1, way.Requests))
	}
	way.P50, way.P90, way.P99 = figures.Quantile(latencies, 0.5), figures.Quantile(latencies, 0.9), figures.Quantile(latencies, 0.99)
	way.Query = queries.mean()
	return way
}
