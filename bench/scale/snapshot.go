// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
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

// snapshot is what all components say of themselves at one time.
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
		e, err := parse(text, cpuSeconds, residentBytes, serverSeconds+"_sum", serverSeconds+"_count",
			loopSeconds+"_sum", loopSeconds+"_count", metricSeconds+"_sum", metricSeconds+"_count", ruleSeconds)
		if err != nil {
			return now, fmt.Errorf("metrics of the %s: %w", component, err)
		}
		if e.sum(cpuSeconds) == 0 {
			return now, fmt.Errorf("the %s does not say how much processor time it has used", component)
		}
		now.cpu[component], now.memory[component] = e.sum(cpuSeconds), e.sum(residentBytes)/(1<<20)
		switch component {
		case controller:
			now.loop = e.total(loopSeconds, "error", "none")
			now.computed = e.total(metricSeconds, "error", "none", "metric_type", "Pods")
		case prometheus:
			now.query = e.total(serverSeconds, "handler", "/api/v1/query")
			now.series = e.total(serverSeconds, "handler", "/api/v1/series")
			for _, m := range e[ruleSeconds].GetMetric() {
				for _, l := range m.GetLabel() {
					if l.GetName() == "rule_group" && strings.HasSuffix(l.GetValue(), ";"+ruleGroup) {
						now.rule = m.GetUntyped().GetValue()
					}
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
		return get(ctx, http.DefaultClient, s.env.PrometheusURL+"/metrics")
	default:
		return s.forwards[component].metrics(ctx)
	}
}

// used is the processor time between two snapshots, by component, in seconds.
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

// get reads a page that must be there.
func get(ctx context.Context, client *http.Client, address string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", address, err)
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answered %s", address, response.Status)
	}
	return body, nil
}
