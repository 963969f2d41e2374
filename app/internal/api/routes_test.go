// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"testing"
)

const (
	noTrafficPath = `{"error": "no such path; this port answers POST /heavywork, POST /lightwork"}`
	noOpsPath     = `{"error": "no such path; this port answers GET /metrics, GET /healthz, GET /readyz"}`
	inexactPath   = `{"error": "no such path; paths are matched exactly, without // or .. or a slash at the end"}`
)

func TestRefusals(t *testing.T) {
	p := newPort()
	tests := []struct {
		name    string
		handler http.Handler
		method  string
		path    string
		status  int
		allow   string
		body    string
	}{
		{"heavywork by GET", p.traffic, "GET", "/heavywork", 405, "POST", `{"error": "method GET is not allowed here; use POST"}`},
		{"lightwork by PUT", p.traffic, "PUT", "/lightwork", 405, "POST", `{"error": "method PUT is not allowed here; use POST"}`},
		{"metrics by POST", p.ops, "POST", "/metrics", 405, "GET, HEAD", `{"error": "method POST is not allowed here; use GET"}`},
		{"healthz by DELETE", p.ops, "DELETE", "/healthz", 405, "GET, HEAD", `{"error": "method DELETE is not allowed here; use GET"}`},
		{"readyz by POST", p.ops, "POST", "/readyz", 405, "GET, HEAD", `{"error": "method POST is not allowed here; use GET"}`},
		{"root of the traffic port", p.traffic, "GET", "/", 404, "", noTrafficPath},
		{"path below an endpoint", p.traffic, "POST", "/heavywork/more", 404, "", noTrafficPath},
		{"metrics on the traffic port", p.traffic, "GET", "/metrics", 404, "", noTrafficPath},
		{"readyz on the traffic port", p.traffic, "GET", "/readyz", 404, "", noTrafficPath},
		{"heavywork on the metrics port", p.ops, "POST", "/heavywork", 404, "", noOpsPath},
		{"slash at the end", p.traffic, "POST", "/heavywork/", 404, "", inexactPath},
		{"double slash", p.traffic, "POST", "//heavywork", 404, "", inexactPath},
		{"dots", p.traffic, "POST", "/x/../heavywork", 404, "", inexactPath},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := send(tt.handler, tt.method, tt.path, nil)
			wantJSON(t, w, tt.status, tt.body)
			if got := w.Header().Get("Allow"); got != tt.allow {
				t.Errorf("Allow: got %q, want %q", got, tt.allow)
			}
		})
	}
	if got := p.counted(t); got != 0 {
		t.Errorf("heavywork_requests_total: got %v, want 0: a refused request is not served", got)
	}
}
