// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"testing"
)

func TestReadyz(t *testing.T) {
	p := newPort()
	for _, step := range []struct {
		name   string
		to     func()
		status int
		body   string
	}{
		{"while starting", func() {}, 503, `{"status": "starting"}`},
		{"when ready", p.state.SetReady, 200, `{"status": "ready"}`},
		{"while draining", p.state.SetDraining, 503, `{"status": "draining"}`},
		{"never ready again after draining", p.state.SetReady, 503, `{"status": "draining"}`},
	} {
		t.Run(step.name, func(t *testing.T) {
			step.to()
			wantJSON(t, send(p.ops, http.MethodGet, "/readyz", nil), step.status, step.body)
		})
	}
}
