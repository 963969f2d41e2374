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
// request now and then. Most of the time all of the connections are idle, so
// whoever closes idle connections without a warning meets them: the next request
// is lost. The load generator reuses the connection that was used last, and has
// hardly an idle one.
type Clients struct {
	t       *testing.T
	clients int
	cancel  context.CancelFunc
	running sync.WaitGroup

	mu     sync.Mutex
	sent   int64
	warned int64   // connections that were closed after an answer that says so
	lost   []error // requests without a good answer
}

// Start has clients send POST requests to a URL, each one with a pause
// after an answer, until it is stopped or the test ends.
func Start(t *testing.T, ctx context.Context, address string, clients int, pause time.Duration) *Clients {
	t.Helper()
	request, err := http.NewRequest(http.MethodPost, address, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(ctx)
	p := &Clients{t: t, clients: clients, cancel: cancel}
	for i := range clients {
		// One after the other, so that they do not send together.
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

// Stop ends the clients and returns how many requests they sent and how many
// were lost, which fails the test. So does a load that has not met what it is
// there for.
func (p *Clients) Stop() (sent, lost int64) {
	p.t.Helper()
	p.cancel()
	p.running.Wait()
	p.t.Logf("%d patient clients sent %d requests, %d connections were closed with a warning, %d without", p.clients, p.sent, p.warned, len(p.lost))
	if lost := len(p.lost); lost > 0 {
		p.t.Errorf("%d of %d requests of patient clients had no good answer: %v", lost, p.sent, errors.Join(p.lost[:min(lost, 5)]...))
	} else if p.warned < int64(p.clients) {
		p.t.Errorf("%d connections of %d patient clients were closed, want each to be, because NGINX took a new configuration", p.warned, p.clients)
	}
	return p.sent, int64(len(p.lost))
}

// connection is at most one to a server.
type connection struct {
	net    net.Conn
	reader *bufio.Reader
}

// exchange sends a request, over the connection there is or else a new one, and
// reads its answer. Last says that the server closes the connection. An error is
// a request that was lost.
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

// hostPort is where a URL leads to; port 80 unless it says otherwise.
func hostPort(u *url.URL) string {
	if u.Port() == "" {
		return net.JoinHostPort(u.Hostname(), "80")
	}
	return u.Host
}
