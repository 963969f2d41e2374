// SPDX-License-Identifier: Apache-2.0

package service

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/app/internal/config"
)

func TestDrainServesLateRequests(t *testing.T) {
	r := start(t, nil)
	r.awaitReadiness(http.StatusOK)
	if _, _, closes := r.call(http.MethodPost, r.traffic, "/heavywork"); closes {
		t.Error("before the stop signal: the server ends connections; want them kept for reuse")
	}

	r.stop()
	r.awaitReadiness(http.StatusServiceUnavailable)
	for range 3 {
		status, body, closes := r.call(http.MethodPost, r.traffic, "/heavywork")
		if status != http.StatusAccepted || body != `{"message": "Heavy work started"}`+"\n" {
			t.Errorf("late request: got %d %q, want it served with 202", status, body)
		}
		if !closes {
			t.Error("late request: the connection stays open; want it closed so that the proxy moves on")
		}
	}
	r.want(http.StatusOK, http.MethodGet, r.ops, "/healthz")
	if _, page, _ := r.call(http.MethodGet, r.ops, "/metrics"); !strings.Contains(page, "\nheavywork_requests_total 4\n") {
		t.Errorf("late requests are not counted:\n%s", page)
	}

	r.endDrain()
	if err := r.awaitResult(); err != nil {
		t.Errorf("serve: got %v, want nil", err)
	}
	r.awaitClosed(r.traffic)
	r.awaitClosed(r.ops)
}

func TestShutdownLetsRequestsInFlightFinish(t *testing.T) {
	r := start(t, nil)
	request := r.openHeavyWork()
	r.stop()
	r.endDrain()
	r.awaitClosed(r.traffic)
	// The metrics server stops last, so that the counts of the last requests can still be scraped.
	r.want(http.StatusServiceUnavailable, http.MethodGet, r.ops, "/readyz")
	r.want(http.StatusOK, http.MethodGet, r.ops, "/metrics")

	if status := request.finish(); status != http.StatusAccepted {
		t.Errorf("request in flight: got %d, want 202", status)
	}
	if err := r.awaitResult(); err != nil {
		t.Errorf("serve: got %v, want nil", err)
	}
	r.awaitClosed(r.ops)
}

func TestShutdownReportsRequestsItCutOff(t *testing.T) {
	r := start(t, func(c *config.Config) { c.ShutdownTimeout = time.Nanosecond })
	request := r.openHeavyWork()
	r.stop()
	r.endDrain()
	const want = `cut off 1 requests still in flight after "1ns": raise --shutdown-timeout`
	if err := r.awaitResult(); err == nil || err.Error() != want {
		t.Errorf("serve: got %v, want %s", err, want)
	}
	if rest, err := io.ReadAll(request.reply); len(rest) > 0 {
		t.Errorf("request in flight: got %q, error %v; want no answer", rest, err)
	}
	r.awaitClosed(r.ops)
}

func TestShutdownIgnoresConnectionsWithoutRequest(t *testing.T) {
	r := start(t, func(c *config.Config) { c.ShutdownTimeout = time.Nanosecond })
	silent, err := net.Dial("tcp", r.traffic)
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	// Connections are accepted in order, so once this is served, the silent one has been accepted too.
	r.want(http.StatusAccepted, http.MethodPost, r.traffic, "/heavywork")
	r.stop()
	r.endDrain()
	if err := r.awaitResult(); err != nil {
		t.Errorf("serve: got %v, want nil: no request was cut off", err)
	}
}

func TestCounterCountsServedTrafficOnly(t *testing.T) {
	r := start(t, nil)
	if _, page, _ := r.call(http.MethodGet, r.ops, "/metrics"); !strings.Contains(page, "\nheavywork_requests_total 0\n") {
		t.Errorf("before the first request the counter is not 0:\n%s", page)
	}
	for range 10 {
		r.want(http.StatusOK, http.MethodGet, r.ops, "/healthz")
		r.want(http.StatusOK, http.MethodGet, r.ops, "/readyz")
		r.want(http.StatusOK, http.MethodGet, r.ops, "/metrics")
		r.want(http.StatusOK, http.MethodPost, r.traffic, "/lightwork")
		r.want(http.StatusMethodNotAllowed, http.MethodGet, r.traffic, "/heavywork")
		r.want(http.StatusNotFound, http.MethodPost, r.traffic, "/heavywork/")
		r.want(http.StatusAccepted, http.MethodPost, r.traffic, "/heavywork")
	}
	if _, page, _ := r.call(http.MethodGet, r.ops, "/metrics"); !strings.Contains(page, "\nheavywork_requests_total 10\n") {
		t.Errorf("after 10 served requests the counter is not 10:\n%s", page)
	}
}

func TestFailedServerEndsTheService(t *testing.T) {
	tests := []struct {
		name  string
		drain bool
		fail  func(*Service) net.Listener
		want  string
	}{
		{"traffic", false, func(s *Service) net.Listener { return s.traffic.listener }, "traffic server: "},
		{"metrics", false, func(s *Service) net.Listener { return s.operations.listener }, "metrics server: "},
		{"traffic while draining", true, func(s *Service) net.Listener { return s.traffic.listener }, "traffic server: "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := start(t, nil)
			r.awaitReadiness(http.StatusOK)
			if tt.drain {
				r.stop()
				r.awaitReadiness(http.StatusServiceUnavailable)
			}
			if err := tt.fail(r.service).Close(); err != nil {
				t.Fatal(err)
			}
			if err := r.awaitResult(); err == nil || !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("serve: got %v, want an error that begins with %q", err, tt.want)
			}
			r.awaitClosed(r.traffic)
			r.awaitClosed(r.ops)
		})
	}
}
