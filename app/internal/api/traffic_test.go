// SPDX-License-Identifier: Apache-2.0

package api

import (
	"io"
	"net/http"
	"testing"
)

func TestConnectionEndsOnlyWhileDraining(t *testing.T) {
	p := newPort()
	for _, step := range []struct {
		name string
		to   func()
		want string
	}{
		{"when ready", p.state.SetReady, ""},
		{"while draining", p.state.SetDraining, "close"},
	} {
		t.Run(step.name, func(t *testing.T) {
			step.to()
			w := send(p.traffic, http.MethodPost, "/heavywork", nil)
			if got := w.Header().Get("Connection"); got != step.want {
				t.Errorf("Connection: got %q, want %q", got, step.want)
			}
			wantJSON(t, w, 202, `{"message": "Heavy work started"}`)
		})
	}
}

func TestInFlightFollowsTheRequest(t *testing.T) {
	p := newPort()
	body := &spy{onRead: func() {
		if got := p.value(t, "heavywork_http_requests_in_flight"); got != 1 {
			t.Errorf("while the body is read: got %v in flight, want 1", got)
		}
		if got := p.value(t, "heavywork_http_requests_total"); got != 0 {
			t.Errorf("while the body is read: got %v answered, want 0", got)
		}
	}}
	send(p.traffic, http.MethodPost, "/heavywork", body)
	if !body.read {
		t.Error("the body was not read")
	}
	if got := p.value(t, "heavywork_http_requests_in_flight"); got != 0 {
		t.Errorf("after the answer: got %v in flight, want 0", got)
	}
}

// All requests to the traffic port count as use of the service; probes and scrapes do not.
func TestEveryRequestCountsAsUse(t *testing.T) {
	p := newPort()
	for _, request := range []struct{ method, path string }{
		{http.MethodPost, "/heavywork"}, {http.MethodPost, "/lightwork"}, {http.MethodGet, "/heavywork"}, {http.MethodGet, "/other"},
	} {
		send(p.traffic, request.method, request.path, nil)
	}
	for _, path := range []string{"/readyz", "/healthz", "/metrics"} {
		send(p.ops, http.MethodGet, path, nil)
	}
	if got := p.value(t, "heavywork_http_requests_total"); got != 4 {
		t.Errorf("got %v, want the 4 of the traffic port", got)
	}
}

// spy is an empty body that reports when it is read.
type spy struct {
	onRead func()
	read   bool
}

func (s *spy) Read([]byte) (int, error) {
	s.read = true
	s.onRead()
	return 0, io.EOF
}
