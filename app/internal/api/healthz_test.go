// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"testing"
)

func TestHealthz(t *testing.T) {
	p := newPort()
	for _, step := range []struct {
		name string
		to   func()
	}{
		{"while starting", func() {}},
		{"when ready", p.state.SetReady},
		{"while draining", p.state.SetDraining},
	} {
		t.Run(step.name, func(t *testing.T) {
			step.to()
			wantJSON(t, send(p.ops, http.MethodGet, "/healthz", nil), 200, `{"status": "ok"}`)
		})
	}
}
