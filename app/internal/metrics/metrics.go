// SPDX-License-Identifier: Apache-2.0

// Package metrics holds the counter that the autoscaler uses, the metrics that show
// whether the service is idle, and their registry.
package metrics

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// Metrics is the set of metrics of one process, in a registry of its own: what
// dependencies register globally does not appear at /metrics.
type Metrics struct {
	registry  *prometheus.Registry
	heavyWork prometheus.Counter
	answered  prometheus.Counter
}

// New returns metrics with the counters exposed at 0, so that the first request already
// shows as an increase. inFlight returns how many requests are being served.
func New(inFlight func() int64) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		heavyWork: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "heavywork_requests_total",
			Help: "Served POST /heavywork requests. The autoscaler derives the number of replicas from its rate.",
		}),
		answered: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "heavywork_http_requests_total",
			Help: "Answered requests of every kind on the traffic port. While this does not increase and no request is in flight, the service is idle.",
		}),
	}
	m.registry.MustRegister(
		m.heavyWork,
		m.answered,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "heavywork_http_requests_in_flight",
			Help: "Requests of every kind being served on the traffic port.",
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

// Gatherer returns the source of /metrics.
func (m *Metrics) Gatherer() prometheus.Gatherer { return m.registry }
