// SPDX-License-Identifier: Apache-2.0

// Package gate takes the requests for one Service: it holds them until a pod is
// ready, within bounds, and sends each of them to a pod once.
package gate

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/activator/internal/metrics"
)

// Times of connecting to a pod. A pod may be ready some time before its port is
// open, or before the network lets anybody through to it.
const (
	dialTimeout = 500 * time.Millisecond
	dialAgain   = 20 * time.Millisecond
	// clientLook is how often a client that is held is looked at.
	clientLook = 500 * time.Millisecond
)

// Reasons why a request does not come to a pod.
var (
	errFull    = errors.New("as many requests as permitted are waiting already")
	errLate    = errors.New("no pod was ready in time")
	errStopped = errors.New("the workload is at zero replicas, and not because it was idle")
	errGone    = errors.New("the client has gone")
)

// Gate is for use by several goroutines at once.
type Gate struct {
	hold    time.Duration
	maxHeld int
	metrics *metrics.Backend
	// needed is told when a request is held and none was before. It must not block.
	needed func()
	dialer net.Dialer

	mu      sync.Mutex
	ready   []string // host:port of each ready pod
	stopped bool
	changed chan struct{} // closed when ready or stopped change
	held    int
	open    int       // requests held or under way
	uses    uint64    // requests that ever came
	last    time.Time // when one ended
}

// New returns a gate that holds at most maxHeld requests, each for at most hold.
func New(hold time.Duration, maxHeld int, m *metrics.Backend, needed func()) *Gate {
	return &Gate{hold: hold, maxHeld: maxHeld, metrics: m, needed: needed, changed: make(chan struct{}), dialer: net.Dialer{Timeout: dialTimeout}}
}

// SetReady tells which pods are ready, as host:port.
func (g *Gate) SetReady(pods []string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !slices.Equal(g.ready, pods) {
		g.ready = pods
		g.wake()
	}
}

// SetStopped tells whether somebody else has put the workload to zero, so that
// no request is to be held.
func (g *Gate) SetStopped(stopped bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.stopped != stopped {
		g.stopped = stopped
		g.wake()
	}
}

// wake has everybody who is held look again. The lock is held.
func (g *Gate) wake() {
	close(g.changed)
	g.changed = make(chan struct{})
}

// Held is how many requests are held.
func (g *Gate) Held() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.held
}

// Uses tells how many requests have come since the start, and whether one of
// them is not over yet.
func (g *Gate) Uses() (ever uint64, open bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.uses, g.open > 0
}

// UsedWithin reports whether there has been a request within a time.
func (g *Gate) UsedWithin(d time.Duration) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.open > 0 || !g.last.IsZero() && time.Since(g.last) < d
}

// AwaitIdle waits until no request is held or under way, and returns how many are
// when the context ends.
func (g *Gate) AwaitIdle(ctx context.Context) int {
	ticker := time.NewTicker(dialAgain)
	defer ticker.Stop()
	for {
		g.mu.Lock()
		open := g.open
		g.mu.Unlock()
		if open == 0 {
			return 0
		}
		select {
		case <-ctx.Done():
			return open
		case <-ticker.C:
		}
	}
}

func (g *Gate) enter() { g.count(1) }
func (g *Gate) leave() { g.count(-1) }

func (g *Gate) count(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open += n
	if n > 0 {
		g.uses++
	} else {
		g.last = time.Now()
	}
}

// look returns what there is at this moment, and what is closed when that changes.
func (g *Gate) look() (ready []string, stopped bool, changed <-chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.ready, g.stopped, g.changed
}

// addHeld counts a request that begins to be held or that ends to be. It is false
// where there is no place for one more.
func (g *Gate) addHeld(n int) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.held+n > g.maxHeld {
		return false
	}
	if g.held == 0 {
		g.needed()
	}
	g.held += n
	g.metrics.Held(g.held)
	return true
}

// connect returns a connection to a ready pod, at once if there is one, else as
// soon as there is. client tells whether who has sent the request is still there.
func (g *Gate) connect(ctx context.Context, client func() bool) (net.Conn, metrics.Result, error) {
	ready, _, changed := g.look()
	if conn := g.dial(ctx, ready); conn != nil {
		return conn, metrics.Passed, nil
	}
	if !g.addHeld(1) {
		return nil, metrics.Full, errFull
	}
	defer g.addHeld(-1)
	began := time.Now()
	conn, result, err := g.await(ctx, changed, client)
	g.metrics.HeldFor(time.Since(began), result)
	return conn, result, err
}

func (g *Gate) await(ctx context.Context, changed <-chan struct{}, client func() bool) (net.Conn, metrics.Result, error) {
	bound := time.NewTimer(g.hold)
	defer bound.Stop()
	again := time.NewTicker(dialAgain)
	defer again.Stop()
	looked := time.Now()
	for {
		ready, stopped, next := g.look()
		if stopped && len(ready) == 0 {
			return nil, metrics.Stopped, errStopped
		}
		if time.Since(looked) > clientLook || len(ready) > 0 {
			looked = time.Now()
			if !client() {
				return nil, metrics.GaveUp, errGone
			}
		}
		if conn := g.dial(ctx, ready); conn != nil {
			return conn, metrics.Served, nil
		}
		select {
		case <-ctx.Done():
			return nil, metrics.GaveUp, errGone
		case <-bound.C:
			return nil, metrics.Late, errLate
		case <-changed:
		case <-again.C:
		}
		changed = next
	}
}

// dial returns a connection to one of the pods, or nil. Nothing has been sent to
// a pod that did not take the connection, so the next one may be tried.
func (g *Gate) dial(ctx context.Context, pods []string) net.Conn {
	for _, i := range rand.Perm(len(pods)) {
		if conn, err := g.dialer.DialContext(ctx, "tcp", pods[i]); err == nil {
			return conn
		}
	}
	return nil
}
