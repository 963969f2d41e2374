// SPDX-License-Identifier: Apache-2.0

package await

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// patience only ends tests that hang; no result depends on it.
const patience = time.Minute

// port that a test server listens on.
func port(t *testing.T, listener net.Listener) int {
	t.Helper()
	_, text, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// A process that listens and is not ready yet is waited for.
func TestReadyWaitsForTheStatus(t *testing.T) {
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/readyz" {
			t.Errorf("the path is %s, want /readyz", r.URL.Path)
		}
		if asked.Add(1) < 3 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer server.Close()
	if err := ready(t.Context(), port(t, server.Listener), patience); err != nil {
		t.Fatal(err)
	}
	if n := asked.Load(); n != 3 {
		t.Errorf("returned after %d answers, want 3: the first two are not ready", n)
	}
}

// Failing connections are retried: that is the purpose of the package.
func TestReadyWaitsForTheServer(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), ReadHeaderTimeout: patience}
	defer server.Close()
	go func() {
		for range 3 {
			connection, err := listener.Accept()
			if err != nil {
				t.Error(err)
				return
			}
			_ = connection.Close() // only that it is closed matters
		}
		_ = server.Serve(listener) // ends with the test
	}()
	if err := ready(t.Context(), port(t, listener), patience); err != nil {
		t.Error(err)
	}
}

func TestReadyGivesUp(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer server.Close()
	err := ready(t.Context(), port(t, server.Listener), 20*pause)
	if err == nil || !strings.Contains(err.Error(), "not ready within 100ms: status 503") || !strings.Contains(err.Error(), "--metrics-port") {
		t.Errorf("got %v, want an error with the time limit, the last answer, and a remedy", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := ready(ctx, 1, patience); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}
