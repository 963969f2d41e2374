// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// client sends the same request repeatedly, over HTTP/1.1 with keep-alive and
// one connection for each unanswered request. It closes a connection that is
// idle for longer than the idle timeout; if once is set, none is used twice.
//
// It replaces net/http's Transport, at a third of the CPU time
// (docs/benchmarks/loadgen.md). The caller of send writes the request itself
// and never blocks. Each connection has a goroutine that is blocked in a read:
// it receives the answer without a handover between goroutines, and notices at
// once when the server closes an idle connection.
//
// No request is ever sent twice. The connection is checked before a write; if
// the server has closed it, or not one byte can be written, the request goes to
// another connection. Once a byte is written, the request counts as sent. If
// the connection then ends without a complete answer, the request has failed:
// it is unknown whether the server has acted on it, and a retry would make the
// counts of generator and server differ. (net/http does the same with a POST.)
type client struct {
	address string
	secure  *tls.Config // nil for http
	request []byte
	timeout time.Duration
	idleFor time.Duration // idle timeout
	once    bool          // a new connection for each request
	dialer  net.Dialer
	finish  func(outcome)

	workers sync.WaitGroup // one goroutine per connection, and short-lived writers

	mu       sync.Mutex
	idle     list // the most recently used at the end
	flight   list // by deadline, the earliest at the front
	draining bool // connections are no longer kept
}

func newClient(cfg Config, finish func(outcome)) (*client, error) {
	target, err := parseTarget(cfg.Target)
	if err != nil {
		return nil, err
	}
	request, err := requestBytes(cfg.Method, target, cfg.Host, cfg.NewConnections)
	if err != nil {
		return nil, err
	}
	c := &client{address: hostPort(target), request: request, timeout: cfg.Timeout, idleFor: cfg.IdleTimeout, once: cfg.NewConnections, finish: finish,
		dialer: net.Dialer{KeepAlive: 15 * time.Second}}
	if target.Scheme == "https" {
		c.secure = &tls.Config{}
		if cfg.TLS != nil {
			c.secure = cfg.TLS.Clone()
		}
		if c.secure.ServerName == "" {
			// Certificates have no zones.
			c.secure.ServerName, _, _ = strings.Cut(target.Hostname(), "%")
		}
		c.secure.NextProtos = []string{"http/1.1"} // and no HTTP/2: one request, one connection
	}
	return c, nil
}

// requestBytes returns the request as it goes over the wire, as net/http writes
// it. With last, it has the header Connection: close.
func requestBytes(method string, target *url.URL, host string, last bool) ([]byte, error) {
	request := &http.Request{
		Method: method, URL: target, Host: host, Body: http.NoBody, Header: make(http.Header),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
	if host == "" {
		request.Host = hostHeader(target)
	}
	request.Header.Set("User-Agent", "loadgen")
	request.Close = last
	var b bytes.Buffer
	if err := request.Write(&b); err != nil {
		return nil, fmt.Errorf("target %q: %w", target.Redacted(), err)
	}
	return b.Bytes(), nil
}

// send sends a request that was due at a given time and returns before it is
// answered; finish is called once with its outcome, mostly from another
// goroutine. Only one goroutine may call send.
func (c *client) send(due time.Time) {
	for {
		conn := c.take(due)
		if conn == nil {
			return // a new connection sends it
		}
		if conn.write() {
			return
		}
	}
}

// take returns an idle connection for a request that starts now. Without one it
// starts a new connection, which sends the request itself, and returns nil.
func (c *client) take(due time.Time) *connection {
	c.mu.Lock()
	defer c.mu.Unlock()
	conn := c.idle.last
	now := time.Now()
	if conn != nil && now.Sub(conn.since) >= c.idleFor {
		// expire is late. The others are even older, and left to it.
		c.retire(conn)
		conn = nil
	}
	if conn != nil {
		c.idle.remove(conn)
		conn.phase = writing
	} else {
		conn = &connection{client: c, phase: dialing}
	}
	conn.turn++
	conn.due, conn.since, conn.written, conn.expired = due, now, 0, false
	c.flight.append(conn)
	if conn.phase == dialing {
		c.workers.Go(conn.run)
		return nil
	}
	return conn
}

// expire times out requests and closes idle connections until ctx ends. All
// requests have the same timeout, so only the oldest needs to be checked, which
// is cheaper than a timer for each.
func (c *client) expire(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
		case <-ctx.Done():
			return
		}
		timer.Reset(c.expireDue(time.Now()))
	}
}

// expireDue handles everything that has expired by now, and returns how long it
// takes until more can expire.
func (c *client) expireDue(now time.Time) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	next := min(c.timeout, c.idleFor) // for anything that starts after now
	for conn := c.flight.first; conn != nil; conn = c.flight.first {
		if left := conn.since.Add(c.timeout).Sub(now); left > 0 {
			next = min(next, left)
			break
		}
		c.flight.remove(conn)
		conn.expired = true
		if conn.net != nil {
			// Ends the read. It fails only on a closed connection.
			_ = conn.net.SetDeadline(past)
		}
	}
	for conn := c.idle.first; conn != nil; conn = c.idle.first {
		if left := conn.since.Add(c.idleFor).Sub(now); left > 0 {
			next = min(next, left)
			break
		}
		c.retire(conn)
	}
	return max(next, time.Millisecond)
}

var past = time.Unix(1, 0)

// leave removes the request of conn from those in flight.
func (c *client) leave(conn *connection) {
	if !conn.expired {
		c.flight.remove(conn)
	}
}

// retire closes an idle connection, which ends its goroutine.
func (c *client) retire(conn *connection) {
	c.idle.remove(conn)
	conn.phase = closed
	conn.net.Close()
}

// drain waits for every answer and closes all connections.
func (c *client) drain() {
	c.mu.Lock()
	c.draining = true
	for conn := c.idle.first; conn != nil; conn = c.idle.first {
		c.retire(conn)
	}
	c.mu.Unlock()
	c.workers.Wait()
}

// list is a doubly linked list of connections, each of which is in one list at
// most. Unlike container/list, it needs neither allocations nor separate
// elements.
type list struct {
	first, last *connection
}

func (l *list) append(c *connection) {
	c.previous, c.next = l.last, nil
	if l.last == nil {
		l.first = c
	} else {
		l.last.next = c
	}
	l.last = c
}

// remove takes out c, which must be in l.
func (l *list) remove(c *connection) {
	if c.previous == nil {
		l.first = c.next
	} else {
		c.previous.next = c.next
	}
	if c.next == nil {
		l.last = c.previous
	} else {
		c.next.previous = c.previous
	}
	c.previous, c.next = nil, nil
}
