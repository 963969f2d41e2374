// SPDX-License-Identifier: Apache-2.0

package api

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
)

func TestHeavyWork(t *testing.T) {
	tests := []struct {
		name    string
		body    io.Reader
		status  int
		reply   string
		counted float64
	}{
		{"without a body", nil, 202, `{"message": "Heavy work started"}`, 1},
		{"with a body it has no use for", strings.NewReader("ignored"), 202, `{"message": "Heavy work started"}`, 1},
		{"with the largest body allowed", strings.NewReader(strings.Repeat("x", maxBody)), 202, `{"message": "Heavy work started"}`, 1},
		{"with one byte too many", strings.NewReader(strings.Repeat("x", maxBody+1)), 413, `{"error": "request body is larger than 1048576 bytes; send a smaller one or none"}`, 0},
		{"with a body that breaks off", iotest.ErrReader(errors.New("gone")), 400, `{"error": "request body ended early or arrived too slowly; send all the bytes that Content-Length announces"}`, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := newPort()
			wantJSON(t, send(p.traffic, http.MethodPost, "/heavywork", tt.body), tt.status, tt.reply)
			if got := p.counted(t); got != tt.counted {
				t.Errorf("heavywork_requests_total: got %v, want %v", got, tt.counted)
			}
		})
	}
}
