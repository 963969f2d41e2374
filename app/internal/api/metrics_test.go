// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"strings"
	"testing"
)

func TestMetricsPage(t *testing.T) {
	p := newPort()
	for _, step := range []struct {
		name string
		do   func()
		want string
	}{
		{"before the first request", func() {}, "\nheavywork_requests_total 0\n"},
		{"after one request", func() { send(p.traffic, http.MethodPost, "/heavywork", nil) }, "\nheavywork_requests_total 1\n"},
	} {
		t.Run(step.name, func(t *testing.T) {
			step.do()
			w := send(p.ops, http.MethodGet, "/metrics", nil)
			if w.Code != http.StatusOK {
				t.Errorf("status: got %d, want 200", w.Code)
			}
			if got := w.Header().Get("Content-Type"); !strings.HasPrefix(got, "text/plain; version=0.0.4") {
				t.Errorf("content type: got %q, want the Prometheus text format", got)
			}
			if !strings.Contains(w.Body.String(), step.want) {
				t.Errorf("page lacks %q:\n%s", step.want, w.Body)
			}
		})
	}
}
