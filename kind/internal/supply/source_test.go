// SPDX-License-Identifier: Apache-2.0

package supply

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/registry"
)

func TestProviderService(t *testing.T) {
	client, err := registry.New(registry.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		status int
		kind   string
		body   string
		good   bool
	}{
		"a registry":                {200, "application/json", `{"modules.v1":"/m/","providers.v1":"/v1/providers/"}`, true},
		"a registry of modules":     {200, "application/json", `{"modules.v1":"/m/"}`, false},
		"a page to log in at":       {200, "text/html", "<html>", false},
		"something that is no JSON": {200, "text/plain", "hello", false},
		"forbidden":                 {403, "text/plain", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", tt.kind)
				w.WriteHeader(tt.status)
				_, _ = io.WriteString(w, tt.body)
			}))
			defer server.Close()
			s := &Supply{Registry: client}
			if service, err := s.providerService(t.Context(), server.URL); (err == nil) != tt.good || tt.good && service.String() != server.URL+"/v1/providers/" {
				t.Errorf("got %v and %v", service, err)
			}
		})
	}
}
