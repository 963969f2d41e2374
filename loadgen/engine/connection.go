// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/engine/internal/http1"
)

// phase is what a connection is doing.
type phase int

const (
	dialing  phase = iota // for its first request, until that is written
	writing               // send is writing a request
	awaiting              // a request is written, its answer is not complete
	idle                  // in client.idle
	closed                // or about to be, by the goroutine that notices
)

// connection carries one request at a time. Its fields are guarded by client.mu
// unless they say otherwise.
type connection struct {
	client *client
	phase  phase
	net    net.Conn // nil before the connection is established

	previous, next *connection // in client.idle or client.flight

	// The current request. When idle, since is the end of the last one.
	turn       int // counts the requests
	due, since time.Time
	written    int      // bytes of the request
	expired    bool     // timed out: no longer in client.flight
	broken     bool     // not to be used for another request
	failure    *outcome // the connection ended while send was writing
	writeError error

	reader *http1.Reader // used by run only
	direct *directWrite  // used by send only; nil if the platform has none

	missing string // used by run only: what the first request waits for
}

const wholeAnswer = "complete answer"

// secureReader marks TLS errors; see secureError.
type secureReader struct{ from *tls.Conn }

func (r secureReader) Read(b []byte) (int, error) {
	n, err := r.from.Read(b)
	if err != nil && err != io.EOF {
		err = &secureError{err}
	}
	return n, err
}

// run dials, then reads answers until the connection ends.
func (c *connection) run() {
	err := c.dial()
	if err != nil {
		c.end(http1.Response{}, err)
		return
	}
	defer c.net.Close()
	for c.exchange() {
	}
}

// dial connects and sends the first request.
func (c *connection) dial() error {
	deadline := c.since.Add(c.client.timeout) // since does not change before the answer
	c.missing = "connection"
	ctx, cancel := context.WithDeadline(context.Background(), deadline)
	defer cancel()
	plain, err := c.client.dialer.DialContext(ctx, "tcp", c.client.address)
	if err != nil {
		return err
	}
	conn, source := plain, newDirectRead(plain)
	if c.client.secure != nil {
		secure := tls.Client(plain, c.client.secure)
		c.missing = "end of the TLS handshake"
		if err := secure.HandshakeContext(ctx); err != nil {
			plain.Close()
			return &secureError{fmt.Errorf("TLS handshake: %w", err)}
		}
		conn, source = secure, secureReader{secure}
	}
	c.missing = wholeAnswer
	c.reader = http1.NewReader(source)
	c.direct = newDirectWrite(plain)

	_ = conn.SetDeadline(deadline) // if it fails, so does the write
	n, err := conn.Write(c.client.request)
	_ = conn.SetDeadline(time.Time{})

	c.client.mu.Lock()
	defer c.client.mu.Unlock()
	c.written = n
	if err == nil && c.expired {
		err = os.ErrDeadlineExceeded
	}
	if err != nil {
		conn.Close()
		return err
	}
	c.net, c.phase = conn, awaiting
	return nil
}

// exchange waits for the answer to a request that send has written or will
// write, and reports whether the connection can take another one.
func (c *connection) exchange() (more bool) {
	err := c.reader.Wait()
	if !c.inUse() {
		return false // the server closed it, or sent something unasked
	}
	var response http1.Response
	if err == nil {
		response, err = c.reader.Response()
	}
	return c.end(response, err)
}

// inUse reports whether the connection has a request. If not, it takes the
// connection out of use.
func (c *connection) inUse() bool {
	c.client.mu.Lock()
	defer c.client.mu.Unlock()
	switch c.phase {
	case idle:
		c.client.idle.remove(c)
		c.phase = closed
		return false
	case closed:
		return false
	}
	return true
}

// end records the outcome of the request, and reports whether the connection
// can take another one. If the connection ends while send is still writing, the
// request is left to send, which alone knows whether any of it was sent.
func (c *connection) end(response http1.Response, err error) (more bool) {
	client := c.client
	client.mu.Lock()
	if c.phase == closed { // send has moved the request to another connection
		client.mu.Unlock()
		return false
	}
	o := outcome{
		due: c.due, sent: c.since, done: time.Now(),
		status: response.Status, received: response.Body, written: int64(c.written), err: err,
	}
	if err != nil {
		o.err = c.explain(err, o.done)
		if c.phase == writing {
			failure := o // using o itself would allocate for each request
			c.failure = &failure
			client.mu.Unlock()
			return false
		}
	} else if c.phase == writing {
		o.written = int64(len(client.request)) // send is about to notice
	}
	client.leave(c)
	more = err == nil && response.Reusable && !c.expired && !c.broken && !client.draining && !client.once
	if more {
		c.phase, c.since = idle, o.done
		client.idle.append(c)
	} else {
		c.phase = closed
	}
	client.mu.Unlock()
	client.finish(o)
	return more
}

// explain replaces the error of a call with its cause. Connecting ends at the
// deadline by itself, possibly before client.expire notices.
func (c *connection) explain(err error, now time.Time) error {
	missing := wholeAnswer
	if c.phase == dialing {
		missing = c.missing
	}
	switch {
	case c.expired, c.phase == dialing && !now.Before(c.since.Add(c.client.timeout)):
		return &timeoutError{c.client.timeout, missing}
	case c.writeError != nil:
		return c.writeError
	}
	return err
}

// timeoutError is the error of a request without a complete answer in time.
type timeoutError struct {
	after   time.Duration
	missing string // what did not arrive
}

func (e *timeoutError) Error() string {
	return fmt.Sprintf("no %s within %s", e.missing, e.after)
}

func (e *timeoutError) Unwrap() error { return os.ErrDeadlineExceeded }

// write sends the request over a connection that was idle. It returns false if
// none of it was sent, so that it can go over another connection.
func (c *connection) write() bool {
	switch {
	case c.direct == nil:
		turn := c.turn
		c.client.workers.Go(func() { c.writeBlocking(turn) })
		return true
	case c.client.secure != nil:
		// Encryption may have to wait for other writers.
		if c.direct.closed() {
			return c.wrote(c.turn, 0, errClosed)
		}
		turn := c.turn
		c.client.workers.Go(func() { c.writeBlocking(turn) })
		return true
	}
	n, err := c.direct.write(c.client.request)
	return c.wrote(c.turn, n, err)
}

// writeBlocking writes in a goroutine of its own. A failed write counts as
// sent, because it is unknown what the TLS layer has already sent.
func (c *connection) writeBlocking(turn int) {
	n, err := c.net.Write(c.client.request)
	if err != nil {
		err = &partlyWritten{err}
	}
	c.wrote(turn, n, err)
}

// errClosed says that the server had closed a connection before it was used.
var errClosed = errors.New("the connection had been closed")

// errWouldBlock says that the socket's send buffer is full.
var errWouldBlock = errors.New("write would block")

// partlyWritten is an error after which part of a request may have been sent.
type partlyWritten struct{ error }

func (w *partlyWritten) Unwrap() error { return w.error }

// wrote records what send has written and returns false if the request can go
// over another connection.
func (c *connection) wrote(turn, n int, err error) bool {
	client := c.client
	client.mu.Lock()
	if c.phase != writing || c.turn != turn { // the answer came before the write returned
		if n < len(client.request) && c.phase == idle && c.turn == turn {
			client.retire(c)
		}
		client.mu.Unlock()
		return true
	}
	c.written = n
	var partly *partlyWritten
	if n == 0 && err != nil && !errors.Is(err, errWouldBlock) && !errors.As(err, &partly) && !c.expired {
		client.leave(c)
		c.phase = closed
		client.mu.Unlock()
		c.net.Close() // ends its goroutine
		return false
	}
	if c.failure != nil { // its goroutine has ended
		o := *c.failure
		o.written = int64(n)
		client.leave(c)
		c.phase = closed
		client.mu.Unlock()
		client.finish(o)
		return true
	}
	c.phase = awaiting
	switch {
	case n == len(client.request):
	case errors.Is(err, errWouldBlock):
		c.broken = true
		client.workers.Go(c.writeRest)
	default:
		c.writeError = err
		c.net.Close() // its goroutine reports the failure
	}
	client.mu.Unlock()
	return true
}

// writeRest sends what the send buffer did not take at once. The connection is
// not reused, so nothing else is written meanwhile.
func (c *connection) writeRest() {
	n, err := c.net.Write(c.client.request[c.written:])
	c.client.mu.Lock()
	defer c.client.mu.Unlock()
	c.written += n
	if err != nil && c.phase == awaiting {
		c.writeError = err
		c.net.Close()
	}
}
