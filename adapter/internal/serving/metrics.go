// SPDX-License-Identifier: Apache-2.0

package serving

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// The two APIs, as label values.
const (
	custom   = "custom"
	external = "external"
)

// Metrics are the adapter's metrics about requests.
type Metrics struct {
	requests *prometheus.CounterVec
	answered *prometheus.GaugeVec
	duration *prometheus.HistogramVec
	warnings prometheus.Counter
}

// NewMetrics registers the metrics.
func NewMetrics(register func(...prometheus.Collector)) *Metrics {
	m := &Metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "adapter_requests_total", Help: "Requests for a metric, by API, metric and result: ok, not_found or error.",
		}, []string{"api", "metric", "result"}),
		answered: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "adapter_last_answer_timestamp_seconds", Help: "When a request for a metric was last answered without an error, by API and metric.",
		}, []string{"api", "metric"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "adapter_request_duration_seconds", Help: "Seconds that a request took, by API.", Buckets: prometheus.ExponentialBuckets(0.001, 2, 14),
		}, []string{"api"}),
		warnings: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "adapter_prometheus_warnings_total", Help: "Warnings in answers from Prometheus.",
		}),
	}
	register(m.requests, m.answered, m.duration, m.warnings)
	return m
}

// Answered records the result and the duration of a request. It is for defer: err is
// read when it runs.
func (m *Metrics) Answered(api, metric string, since time.Time, err *error) {
	result := "ok"
	switch {
	case apierrors.IsNotFound(*err):
		result = "not_found"
	case *err != nil:
		result = "error"
	default:
		m.answered.WithLabelValues(api, metric).SetToCurrentTime()
	}
	m.requests.WithLabelValues(api, metric, result).Inc()
	m.duration.WithLabelValues(api).Observe(time.Since(since).Seconds())
}

// Warned counts warnings from Prometheus.
func (m *Metrics) Warned(n int) { m.warnings.Add(float64(n)) }
