// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"strings"
	"testing"
)

func TestLightWork(t *testing.T) {
	p := newPort()
	wantJSON(t, send(p.traffic, http.MethodPost, "/lightwork", nil), 200, `{"message": "Light work done"}`)
	wantJSON(t, send(p.traffic, http.MethodPost, "/lightwork", strings.NewReader(strings.Repeat("x", maxBody+1))), 413,
		`{"error": "request body is larger than 1048576 bytes; send a smaller one or none"}`)
	if got := p.counted(t); got != 0 {
		t.Errorf("heavywork_requests_total: got %v, want 0: light work must not scale anything", got)
	}
}
