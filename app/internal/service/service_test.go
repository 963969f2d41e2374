// SPDX-License-Identifier: Apache-2.0

package service

import (
	"errors"
	"log/slog"
	"net"
	"strings"
	"syscall"
	"testing"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/app/internal/config"
)

func TestListenNamesTheFlagOfATakenPort(t *testing.T) {
	tests := []struct {
		name string
		take func(cfg *config.Config, port int)
		flag string
	}{
		{"traffic", func(c *config.Config, port int) { c.Port = port }, "--port"},
		{"metrics", func(c *config.Config, port int) { c.MetricsPort = port }, "--metrics-port"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			taken, err := net.Listen("tcp", ":0")
			if err != nil {
				t.Fatal(err)
			}
			defer taken.Close()
			var cfg config.Config
			tt.take(&cfg, taken.Addr().(*net.TCPAddr).Port)

			_, err = Listen(t.Context(), cfg, slog.New(slog.DiscardHandler))
			if !errors.Is(err, syscall.EADDRINUSE) {
				t.Fatalf("got error %v, want address in use", err)
			}
			for _, want := range []string{"open the port of " + tt.flag + ": ", "free it, or set " + tt.flag + " to another port"} {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q lacks %q", err, want)
				}
			}
		})
	}
}
