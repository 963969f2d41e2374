// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

func TestHostHeader(t *testing.T) {
	for name, host := range map[string]string{"of the target": "", "of its own": "shop.example.org"} {
		t.Run(name, func(t *testing.T) {
			var got atomic.Value
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				got.Store(r.Host)
				w.WriteHeader(http.StatusAccepted)
			}))
			defer server.Close()
			cfg := oneByOne(server.URL, 1, nil)
			cfg.Host = host
			mustRun(t, cfg)
			want := host
			if want == "" {
				want = strings.TrimPrefix(server.URL, "http://")
			}
			if got.Load() != want {
				t.Errorf("the server saw the host %q, want %q", got.Load(), want)
			}
		})
	}
}
