// SPDX-License-Identifier: Apache-2.0

// Package patient sends requests on connections that are idle most of the time.
package patient

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/budget"
)

// Clients are a number of clients with one connection each, on which they send a
// request now and then. Most of the time all connections are idle, so a server that
// closes idle connections without a warning hits them, and the next request is lost.
// The load generator reuses the connection that was used last, so hardly any of its
// connections is idle.
type Clients struct {
	t       *testing.T
	clients int
	cancel  context.CancelFunc
	running sync.WaitGroup

	mu     sync.Mutex
	sent   int64
	warned int64   // connections that were closed after an answer that announced it
	lost   []error // requests without a good answer
}

// Start makes clients send POST requests to a URL, each with a pause after an
// answer, until they are stopped or the test ends.
func Start(t *testing.T, ctx context.Context, address string, clients int, pause time.Duration) *Clients {
	t.Helper()
	request, err := http.NewRequest(http.MethodPost, address, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(ctx)
	p := &Clients{t: t, clients: clients, cancel: cancel}
	for i := range clients {
		// Staggered, so that they do not send together.
		first := time.Duration(i) * pause / time.Duration(clients)
		p.running.Go(func() { p.client(ctx, request, first, pause) })
	}
	t.Cleanup(func() { cancel(); p.running.Wait() })
	return p
}

func (p *Clients) client(ctx context.Context, request *http.Request, first, pause time.Duration) {
	timer := time.NewTimer(first)
	defer timer.Stop()
	var c connection
	defer c.close()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		last, err := c.exchange(request)
		p.mu.Lock()
		p.sent++
		if err != nil {
			p.lost = append(p.lost, err)
		} else if last {
			p.warned++
		}
		p.mu.Unlock()
		timer.Reset(pause)
	}
}

// Stop ends the clients and returns how many requests they sent and how many were
// lost. It fails the test when any was lost, or when fewer connections were closed
// than there are clients, because that proves nothing.
func (p *Clients) Stop() (sent, lost int64) {
	p.t.Helper()
	p.cancel()
	p.running.Wait()
	p.t.Logf("%d patient clients sent %d requests, %d connections were closed with a warning, %d without", p.clients, p.sent, p.warned, len(p.lost))
	if lost := len(p.lost); lost > 0 {
		p.t.Errorf("%d of %d requests of patient clients had no good answer: %v", lost, p.sent, errors.Join(p.lost[:min(lost, 5)]...))
	} else if p.warned < int64(p.clients) {
		p.t.Errorf("%d connections of %d patient clients were closed, want at least one each, because NGINX loaded a new configuration", p.warned, p.clients)
	}
	return p.sent, int64(len(p.lost))
}

// connection holds at most one connection to a server.
type connection struct {
	net    net.Conn
	reader *bufio.Reader
}

// exchange sends a request over the open connection, or else a new one, and reads
// its answer. Last reports that the server closes the connection. An error means
// that the request was lost.
func (c *connection) exchange(request *http.Request) (last bool, err error) {
	used := c.net != nil
	defer func() {
		if last || err != nil {
			c.close()
		}
		if err != nil && used {
			err = fmt.Errorf("over a kept connection: %w", err)
		}
	}()
	deadline := time.Now().Add(budget.Answer)
	if !used {
		dialer := net.Dialer{Deadline: deadline}
		if c.net, err = dialer.Dial("tcp", hostPort(request.URL)); err != nil {
			return false, err
		}
		c.reader = bufio.NewReader(c.net)
	}
	if err := c.net.SetDeadline(deadline); err != nil {
		return false, err
	}
	if err := request.Write(c.net); err != nil {
		return false, err
	}
	response, err := http.ReadResponse(c.reader, request)
	if err != nil {
		return false, err
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return false, err
	}
	if response.StatusCode/100 != 2 {
		return false, fmt.Errorf("status is %d", response.StatusCode)
	}
	return response.Close, nil
}

func (c *connection) close() {
	if c.net != nil {
		c.net.Close()
		c.net = nil
	}
}

// hostPort returns host and port of a URL, by default port 80.
func hostPort(u *url.URL) string {
	if u.Port() == "" {
		return net.JoinHostPort(u.Hostname(), "80")
	}
	return u.Host
}
