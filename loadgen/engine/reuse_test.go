// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

// ended counts connections that the other side has closed.
func ended(t *testing.T) (url string, connections func() int, anyClosed <-chan struct{}) {
	t.Helper()
	var mu sync.Mutex
	seen := 0
	closed := make(chan struct{}, 100)
	s := scripted(t, func(_ int64, c *raw) {
		mu.Lock()
		seen++
		mu.Unlock()
		for c.request() {
			c.say(accepted)
		}
		closed <- struct{}{}
	})
	return s.url, func() int { mu.Lock(); defer mu.Unlock(); return seen }, closed
}

// The server of this test never closes a connection, so the generator does when
// the idle timeout is over.
func TestIdleConnectionIsClosedFromThisEnd(t *testing.T) {
	url, connections, closed := ended(t)
	gate := make(chan struct{})
	go func() { <-closed; close(gate) }()
	result := mustRun(t, Config{Target: url, Schedule: gated{gate}, IdleTimeout: time.Millisecond})
	if result.Succeeded != 2 || connections() != 2 {
		t.Errorf("%d answers over %d connections, want two over two: the first was closed before the second request", result.Succeeded, connections())
	}
}

func TestConnectionIsKeptForTheIdleTimeout(t *testing.T) {
	url, connections, _ := ended(t)
	result := mustRun(t, oneByOne(url, 10, nil))
	if result.Succeeded != 10 || connections() != 1 {
		t.Errorf("%d answers over %d connections, want ten over one", result.Succeeded, connections())
	}
}

// A connection that was idle for too long is not used, even if it has not been
// closed yet.
func TestConnectionOverTheIdleTimeoutIsNotTaken(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(accept))
	defer server.Close()
	c, err := newClient(Config{Target: server.URL, Method: http.MethodPost, Timeout: time.Minute, IdleTimeout: time.Nanosecond}, func(outcome) {})
	if err != nil {
		t.Fatal(err)
	}
	answered := make(chan struct{}, 2)
	c.finish = func(outcome) { answered <- struct{}{} }
	c.send(time.Now())
	<-answered
	if conn := c.take(time.Now()); conn != nil {
		t.Error("an idle connection was taken after its idle timeout")
	}
	c.drain()
}

func TestNewConnectionForEachRequest(t *testing.T) {
	for _, tt := range []struct {
		name, answer string
	}{
		{"the server agrees", "HTTP/1.1 202 Accepted\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"},
		{"the server would keep it", accepted},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := scripted(t, func(_ int64, c *raw) {
				for {
					r, err := http.ReadRequest(c.reader)
					if err != nil {
						return
					}
					if !r.Close {
						t.Error("the request does not say that it is the last one of its connection")
					}
					c.say(tt.answer)
				}
			})
			cfg := oneByOne(s.url, 5, nil)
			cfg.NewConnections = true
			result := mustRun(t, cfg)
			if result.Succeeded != 5 || s.connections.Load() != 5 {
				t.Errorf("%d answers over %d connections, want five over five", result.Succeeded, s.connections.Load())
			}
		})
	}
}
