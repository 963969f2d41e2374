// SPDX-License-Identifier: Apache-2.0

// Package metrics holds the counter the autoscaler feeds on and the registry it is read from.
package metrics

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// Metrics is one process's set of metrics, in a registry of its own so that nothing a
// dependency registers globally turns up on /metrics.
type Metrics struct {
	registry  *prometheus.Registry
	heavyWork prometheus.Counter
}

// New returns metrics with the heavy work counter at 0, so that its rate is defined from the
// first scrape on and the first request already shows as an increase.
func New() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		heavyWork: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "heavywork_requests_total",
			Help: "Served POST /heavywork requests. The autoscaler derives the number of replicas from its rate.",
		}),
	}
	m.registry.MustRegister(
		m.heavyWork,
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return m
}

// HeavyWorkServed counts one served heavy work request.
func (m *Metrics) HeavyWorkServed() { m.heavyWork.Inc() }

// Gatherer is what /metrics reads.
func (m *Metrics) Gatherer() prometheus.Gatherer { return m.registry }
