// SPDX-License-Identifier: Apache-2.0

// Package metrics holds the counter the autoscaler feeds on, what tells whether the
// service is used at all, and the registry both are read from.
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
	answered  prometheus.Counter
}

// New returns metrics with the counters at 0, so that their rates are defined from the
// first scrape on and the first request already shows as an increase. inFlight is how
// many requests are being served at the moment.
func New(inFlight func() int64) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		heavyWork: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "heavywork_requests_total",
			Help: "Served POST /heavywork requests. The autoscaler derives the number of replicas from its rate.",
		}),
		answered: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "heavywork_http_requests_total",
			Help: "Answered requests of every kind on the traffic port. While it stands still and nothing is in flight, the service is idle.",
		}),
	}
	m.registry.MustRegister(
		m.heavyWork,
		m.answered,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "heavywork_http_requests_in_flight",
			Help: "Requests of every kind on the traffic port that are being served.",
		}, func() float64 { return float64(inFlight()) }),
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return m
}

// HeavyWorkServed counts one served heavy work request.
func (m *Metrics) HeavyWorkServed() { m.heavyWork.Inc() }

// Answered counts one request of any kind.
func (m *Metrics) Answered() { m.answered.Inc() }

// Gatherer is what /metrics reads.
func (m *Metrics) Gatherer() prometheus.Gatherer { return m.registry }
