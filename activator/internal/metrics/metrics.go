// SPDX-License-Identifier: Apache-2.0

// Package metrics holds the activator's own metrics. Every series is exposed from the
// start.
package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// Result is the outcome of a request.
type Result string

// The results.
const (
	Passed   Result = "passed"    // a pod was ready: the request was not held
	Served   Result = "served"    // held, then sent to a pod
	Full     Result = "full"      // 503: max_held requests were held already
	Late     Result = "timed_out" // 503: no pod was ready within hold_seconds
	Stopped  Result = "stopped"   // 503: the workload was scaled to zero by hand
	GaveUp   Result = "gave_up"   // the client left while the request was held
	BadReply Result = "failed"    // 502: the pod accepted the connection, and did not answer
	Scrape   Result = "scrape"    // 503: Prometheus takes the activator for a pod
)

var results = []Result{Passed, Served, Full, Late, Stopped, GaveUp, BadReply, Scrape}

// State is the state of a workload.
type State string

// The states.
const (
	Awake     State = "awake"
	GoingDown State = "going_down"
	Asleep    State = "asleep"
	Waking    State = "waking"
	ByHand    State = "stopped"  // scaled to zero by hand
	NotReady  State = "no_ready" // not at zero, and no pod is ready
)

var states = []State{Awake, GoingDown, Asleep, Waking, ByHand, NotReady}

// Metrics is the set of metrics of one process.
type Metrics struct {
	registry *prometheus.Registry

	held      *prometheus.GaugeVec
	requests  *prometheus.CounterVec
	seconds   *prometheus.HistogramVec
	scalings  *prometheus.CounterVec
	failures  *prometheus.CounterVec
	state     *prometheus.GaugeVec
	refused   *prometheus.GaugeVec
	lastKnown *prometheus.GaugeVec
}

// backend are the labels of every series. Prometheus overwrites namespace and service
// with the activator's own when it scrapes it.
var backend = []string{"backend_namespace", "backend_service"}

// New returns metrics in a registry of their own.
func New() *Metrics {
	gauge := func(name, help string, labels ...string) *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, append(backend[:2:2], labels...))
	}
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, append(backend[:2:2], labels...))
	}
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		held:     gauge("activator_held_requests", "Requests held at the moment."),
		requests: counter("activator_requests_total", "Requests by result. Requests with the result passed arrived while a pod was ready.", "result"),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "activator_held_seconds", Help: "Seconds for which requests were held, by result.",
			Buckets: []float64{.25, .5, .75, 1, 1.5, 2, 3, 5, 7.5, 10, 15, 20, 30, 60, 120},
		}, append(backend[:2:2], "result")),
		scalings:  counter("activator_scalings_total", "Writes of the number of replicas, by purpose: sleep is 1 to 0, wake is 0 to 1.", "for"),
		failures:  counter("activator_scaling_failures_total", "Failed attempts to scale, by purpose.", "for"),
		state:     gauge("activator_state", "1 for the state that the workload is in, 0 for the others.", "state"),
		refused:   gauge("activator_sleep_refused", "1 for a Service that cannot be put to sleep. The log has the reason."),
		lastKnown: gauge("activator_activity_known", "1 while the activity query has a value. Without a value the workload stays up."),
	}
	m.registry.MustRegister(m.held, m.requests, m.seconds, m.scalings, m.failures, m.state, m.refused, m.lastKnown,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Gatherer returns the source of /metrics.
func (m *Metrics) Gatherer() prometheus.Gatherer { return m.registry }

// Backend is the metrics of one Service.
type Backend struct {
	m      *Metrics
	labels prometheus.Labels
}

// For returns the metrics of one Service, with all its series created.
func (m *Metrics) For(namespace, service string) *Backend {
	b := &Backend{m, prometheus.Labels{backend[0]: namespace, backend[1]: service}}
	b.Held(0)
	for _, result := range results {
		b.with(m.requests.MetricVec, "result", string(result))
	}
	for _, result := range []Result{Served, Late, Stopped, GaveUp} {
		m.seconds.With(b.and("result", string(result)))
	}
	for _, purpose := range []string{"sleep", "wake"} {
		b.with(m.scalings.MetricVec, "for", purpose)
		b.with(m.failures.MetricVec, "for", purpose)
	}
	b.State(NotReady)
	b.SleepRefused(false)
	b.ActivityKnown(false)
	return b
}

func (b *Backend) and(name, value string) prometheus.Labels {
	return prometheus.Labels{backend[0]: b.labels[backend[0]], backend[1]: b.labels[backend[1]], name: value}
}

func (b *Backend) with(vec *prometheus.MetricVec, name, value string) {
	_, _ = vec.GetMetricWith(b.and(name, value)) // the labels are those of the vector
}

// Held sets how many requests are held.
func (b *Backend) Held(n int) { b.m.held.With(b.labels).Set(float64(n)) }

// Request counts a request that has finished or was refused.
func (b *Backend) Request(result Result) { b.m.requests.With(b.and("result", string(result))).Inc() }

// HeldFor observes how long a request was held.
func (b *Backend) HeldFor(d time.Duration, result Result) {
	b.m.seconds.With(b.and("result", string(result))).Observe(d.Seconds())
}

// Scaled counts an attempt to scale. The purpose is sleep or wake.
func (b *Backend) Scaled(purpose string, err error) {
	if err != nil {
		b.m.failures.With(b.and("for", purpose)).Inc()
		return
	}
	b.m.scalings.With(b.and("for", purpose)).Inc()
}

// State sets the state of the workload.
func (b *Backend) State(now State) {
	for _, state := range states {
		b.m.state.With(b.and("state", string(state))).Set(number(state == now))
	}
}

// SleepRefused sets whether the Service cannot be put to sleep.
func (b *Backend) SleepRefused(refused bool) { b.m.refused.With(b.labels).Set(number(refused)) }

// ActivityKnown sets whether the activity query has a value.
func (b *Backend) ActivityKnown(known bool) { b.m.lastKnown.With(b.labels).Set(number(known)) }

func number(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
