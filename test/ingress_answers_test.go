// SPDX-License-Identifier: Apache-2.0

package test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/budget"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/suite"
)

// What a client outside the cluster gets, byte for byte. The paths of the second
// port are unknown here, which keeps metrics and probes private.
func TestIngressAnswers(t *testing.T) {
	const unknown = `{"error": "no such path; this port answers POST /heavywork, POST /lightwork"}` + "\n"
	cases := []struct {
		name, method, path string
		status             int
		allow, body        string
	}{
		{"heavy work", http.MethodPost, "/heavywork", 202, "", `{"message": "Heavy work started"}` + "\n"},
		{"light work", http.MethodPost, "/lightwork", 200, "", `{"message": "Light work done"}` + "\n"},
		{"wrong method for heavy work", http.MethodGet, "/heavywork", 405, "POST", `{"error": "method GET is not allowed here; use POST"}` + "\n"},
		{"wrong method for light work", http.MethodPut, "/lightwork", 405, "POST", `{"error": "method PUT is not allowed here; use POST"}` + "\n"},
		{"unknown path", http.MethodPost, "/work", 404, "", unknown},
		{"root", http.MethodGet, "/", 404, "", unknown},
		{"metrics stay inside", http.MethodGet, "/metrics", 404, "", unknown},
		{"probes stay inside", http.MethodGet, "/readyz", 404, "", unknown},
	}
	kept := fmt.Sprintf("timeout=%.0f", (suite.Shared.Budget.Keepalive - time.Second).Seconds())
	s := suite.Start(t, budget.Answer*4)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := s.Send(t, c.method, c.path)
			// An NGINX worker that is being replaced, because a replica of the previous
			// test is gone, closes its connections. Its successor answers on the next
			// one, or on the one after that if it is replaced as well.
			for tries := 0; r.Closes && tries < 5; tries++ {
				r = s.Send(t, c.method, c.path)
			}
			if r.Status != c.status {
				t.Errorf("status is %d, want %d", r.Status, c.status)
			}
			if r.Body != c.body {
				t.Errorf("body is %q, want %q", r.Body, c.body)
			}
			if got := r.Header.Get("Allow"); got != c.allow {
				t.Errorf("header Allow is %q, want %q", got, c.allow)
			}
			if got := r.Header.Get("Keep-Alive"); got != kept {
				t.Errorf("header Keep-Alive is %q, want %q: how long a connection is certain to be kept", got, kept)
			}
			if got := r.Header.Get("Content-Type"); got != "application/json" {
				t.Errorf("header Content-Type is %q, want %q", got, "application/json")
			}
		})
	}
}
