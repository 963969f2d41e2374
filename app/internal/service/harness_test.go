// SPDX-License-Identifier: Apache-2.0

package service

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/app/internal/config"
)

// patience only ends tests that hang; no result depends on it.
const patience = time.Minute

// running is a service on real ports. The test controls its stop signal and its drain.
type running struct {
	t        *testing.T
	service  *Service
	traffic  string
	ops      string
	stop     context.CancelFunc
	endDrain func()
	result   <-chan error
	client   *http.Client
}

// start serves until the test ends or stops it.
func start(t *testing.T, change func(*config.Config)) *running {
	t.Helper()
	cfg := config.Config{Drain: time.Hour, ShutdownTimeout: patience}
	if change != nil {
		change(&cfg)
	}
	svc, err := Listen(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	drained := make(chan time.Time)
	svc.after = func(d time.Duration) <-chan time.Time {
		if d != cfg.Drain {
			t.Errorf("drain: got %s, want %s", d, cfg.Drain)
		}
		return drained
	}
	ctx, stop := context.WithCancel(t.Context())
	result := make(chan error, 1)
	go func() { result <- svc.Serve(ctx) }()

	r := &running{
		t:        t,
		service:  svc,
		traffic:  address(svc.traffic.listener),
		ops:      address(svc.operations.listener),
		stop:     stop,
		endDrain: func() { close(drained) },
		result:   result,
		client:   &http.Client{Transport: &http.Transport{}, Timeout: patience},
	}
	t.Cleanup(r.client.CloseIdleConnections)
	t.Cleanup(func() { _ = svc.close() })
	return r
}

func address(listener net.Listener) string {
	return fmt.Sprintf("127.0.0.1:%d", listener.Addr().(*net.TCPAddr).Port)
}

// call sends one request and returns status, body and whether the server ends the connection.
func (r *running) call(method, host, path string) (status int, body string, closes bool) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, "http://"+host+path, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	resp, err := r.client.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return resp.StatusCode, string(text), resp.Close
}

// want sends one request and checks its status.
func (r *running) want(status int, method, host, path string) {
	r.t.Helper()
	if got, body, _ := r.call(method, host, path); got != status {
		r.t.Errorf("%s %s: got %d %q, want %d", method, path, got, body, status)
	}
}

// await polls until done returns true; what describes the condition in the failure message.
func (r *running) await(what string, done func() bool) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			r.t.Fatalf("not within %s: %s", patience, what)
		}
	}
}

func (r *running) awaitReadiness(status int) {
	r.t.Helper()
	r.await(fmt.Sprintf("readiness %d", status), func() bool {
		got, _, _ := r.call(http.MethodGet, r.ops, "/readyz")
		return got == status
	})
}

// awaitClosed waits until nothing listens on host any more.
func (r *running) awaitClosed(host string) {
	r.t.Helper()
	r.await(host+" refuses connections", func() bool {
		conn, err := net.Dial("tcp", host)
		if err == nil {
			_ = conn.Close()
		}
		return errors.Is(err, syscall.ECONNREFUSED)
	})
}

// awaitResult returns what Serve returned.
func (r *running) awaitResult() (result error) {
	r.t.Helper()
	r.await("serve returns", func() bool {
		select {
		case result = <-r.result:
			return true
		default:
			return false
		}
	})
	return result
}

// openRequest is a heavy work request whose body the client has not sent yet.
type openRequest struct {
	t     *testing.T
	conn  net.Conn
	reply *bufio.Reader
}

// openHeavyWork returns once the server handles the request: it answers 100 Continue when the
// handler begins to read the body.
func (r *running) openHeavyWork() *openRequest {
	r.t.Helper()
	conn, err := net.Dial("tcp", r.traffic)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = conn.Close() })
	o := &openRequest{r.t, conn, bufio.NewReader(conn)}
	o.send("POST /heavywork HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n")
	line, err := o.reply.ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "HTTP/1.1 100 ") {
		r.t.Fatalf("got %q, error %v; want 100 Continue", line, err)
	}
	if _, err := o.reply.ReadString('\n'); err != nil {
		r.t.Fatal(err)
	}
	return o
}

func (o *openRequest) send(text string) {
	o.t.Helper()
	if _, err := io.WriteString(o.conn, text); err != nil {
		o.t.Fatal(err)
	}
}

// finish sends the body and returns the status.
func (o *openRequest) finish() int {
	o.t.Helper()
	o.send("body")
	resp, err := http.ReadResponse(o.reply, nil)
	if err != nil {
		o.t.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode
}
