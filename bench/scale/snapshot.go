// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/metrics"
)

// The components of the path, as the results call them.
const (
	adapter    = "adapter"
	prometheus = "prometheus"
	apiServer  = "api_server"
	controller = "controller_manager" // where the autoscaler runs
)

var components = []string{adapter, prometheus, apiServer, controller}

// The metrics a snapshot is made of.
const (
	cpuSeconds    = "process_cpu_seconds_total"
	residentBytes = "process_resident_memory_bytes"
	serverSeconds = "prometheus_http_request_duration_seconds"
	loopSeconds   = "horizontal_pod_autoscaler_controller_reconciliation_duration_seconds"
	metricSeconds = "horizontal_pod_autoscaler_controller_metric_computation_duration_seconds"
	ruleSeconds   = "prometheus_rule_group_last_duration_seconds"
)

// snapshot is what all components report about themselves at one time.
type snapshot struct {
	at             time.Time
	cpu            map[string]float64 // seconds since its start
	memory         map[string]float64 // MiB, resident
	query, series  total              // Prometheus' answers to the adapter
	loop, computed total              // the autoscaler's
	rule           float64
}

// snapshot asks all components, the cheapest to ask first.
func (s *stage) snapshot(ctx context.Context) (snapshot, error) {
	now := snapshot{at: time.Now(), cpu: map[string]float64{}, memory: map[string]float64{}}
	for _, component := range components {
		text, err := s.metricsOf(ctx, component)
		if err != nil {
			return now, fmt.Errorf("asking the %s for its metrics: %w", component, err)
		}
		e, err := metrics.Parse(text, cpuSeconds, residentBytes, serverSeconds+"_sum", serverSeconds+"_count",
			loopSeconds+"_sum", loopSeconds+"_count", metricSeconds+"_sum", metricSeconds+"_count", ruleSeconds)
		if err != nil {
			return now, fmt.Errorf("metrics of the %s: %w", component, err)
		}
		if e.Sum(cpuSeconds) == 0 {
			return now, fmt.Errorf("the %s does not report how much processor time it has used", component)
		}
		now.cpu[component], now.memory[component] = e.Sum(cpuSeconds), e.Sum(residentBytes)/(1<<20)
		switch component {
		case controller:
			now.loop = totalOf(e, loopSeconds, "error", "none")
			now.computed = totalOf(e, metricSeconds, "error", "none")
		case prometheus:
			now.query = totalOf(e, serverSeconds, "handler", "/api/v1/query")
			now.series = totalOf(e, serverSeconds, "handler", "/api/v1/series")
			for _, m := range e[ruleSeconds].GetMetric() {
				if strings.HasSuffix(metrics.Label(m, "rule_group"), ";"+ruleGroup) {
					now.rule = m.GetUntyped().GetValue()
				}
			}
		}
	}
	return now, nil
}

func (s *stage) metricsOf(ctx context.Context, component string) ([]byte, error) {
	switch component {
	case apiServer:
		return s.client.CoreV1().RESTClient().Get().AbsPath("/metrics").DoRaw(ctx)
	case prometheus:
		return metrics.Page(ctx, http.DefaultClient, s.env.PrometheusURL+"/metrics")
	default:
		return s.forwards[component].metrics(ctx)
	}
}

// used returns the processor time between two snapshots, by component, in seconds.
func used(from, to snapshot) map[string]float64 {
	cpu := map[string]float64{}
	for _, component := range components {
		cpu[component] = to.cpu[component] - from.cpu[component]
	}
	return cpu
}

// most keeps the highest memory of each component.
func most(memory map[string]float64, s snapshot) {
	for component, mebibytes := range s.memory {
		memory[component] = max(memory[component], mebibytes)
	}
}

// total is a histogram's sum and number of observations.
type total struct{ sum, count float64 }

// totalOf adds up a histogram's series that have all the labels.
func totalOf(e metrics.Exposition, name string, labels ...string) total {
	return total{e.Sum(name+"_sum", labels...), e.Sum(name+"_count", labels...)}
}

// since returns what has been added since an earlier total.
func (t total) since(earlier total) total { return total{t.sum - earlier.sum, t.count - earlier.count} }

// mean is 0 when nothing was observed.
func (t total) mean() float64 {
	if t.count == 0 {
		return 0
	}
	return t.sum / t.count
}
