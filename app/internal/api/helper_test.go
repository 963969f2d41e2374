// SPDX-License-Identifier: Apache-2.0

package api

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/app/internal/metrics"
)

// port is both handlers over one set of metrics, as the service wires them.
type port struct {
	metrics  *metrics.Metrics
	state    *State
	inFlight *InFlight
	traffic  http.Handler
	ops      http.Handler
}

func newPort() *port {
	p := &port{state: new(State), inFlight: new(InFlight)}
	p.metrics = metrics.New(p.inFlight.Count)
	p.traffic = Traffic(p.metrics.HeavyWorkServed, p.metrics.Answered, p.state, p.inFlight)
	p.ops = Operations(p.metrics.Gatherer(), p.state)
	return p
}

// counted reads heavywork_requests_total.
func (p *port) counted(t *testing.T) float64 {
	t.Helper()
	return p.value(t, "heavywork_requests_total")
}

// value reads a counter or a gauge.
func (p *port) value(t *testing.T, name string) float64 {
	t.Helper()
	families, err := p.metrics.Gatherer().Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() == name {
			metric := family.GetMetric()[0]
			return metric.GetCounter().GetValue() + metric.GetGauge().GetValue()
		}
	}
	t.Fatalf("%s is missing", name)
	return 0
}

func send(h http.Handler, method, path string, body io.Reader) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, path, body))
	return w
}

// wantJSON checks status, type and the body's exact bytes.
func wantJSON(t *testing.T, w *httptest.ResponseRecorder, status int, body string) {
	t.Helper()
	if w.Code != status {
		t.Errorf("status: got %d, want %d", w.Code, status)
	}
	if got := w.Header().Get("Content-Type"); got != "application/json" {
		t.Errorf("content type: got %q, want application/json", got)
	}
	if got := w.Body.String(); got != body+"\n" {
		t.Errorf("body: got %q, want %q", got, body+"\n")
	}
}
