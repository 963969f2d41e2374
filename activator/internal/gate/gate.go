// SPDX-License-Identifier: Apache-2.0

// Package gate receives the requests for one Service: it holds them until a pod is
// ready, within limits, and sends each of them to a pod once.
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

// Limits for connecting to a pod. A pod may be ready some time before its port is
// open, or before the network allows connections to it.
const (
	dialTimeout = 500 * time.Millisecond
	dialAgain   = 20 * time.Millisecond
	// clientLook is the interval at which a held request is checked for a client that has left.
	clientLook = 500 * time.Millisecond
)

// Reasons why a request does not reach a pod.
var (
	errFull    = errors.New("too many requests are held already")
	errLate    = errors.New("no pod was ready in time")
	errStopped = errors.New("the workload was scaled to zero replicas by hand")
	errGone    = errors.New("the client has gone")
)

// Gate is safe for concurrent use.
type Gate struct {
	hold    time.Duration
	maxHeld int
	metrics *metrics.Backend
	// needed is called when a request is held and none was before. It must not block.
	needed func()
	dialer net.Dialer

	mu      sync.Mutex
	ready   []string // host:port of each ready pod
	stopped bool
	changed chan struct{} // closed when ready or stopped change
	held    int
	open    int       // requests held or in flight
	uses    uint64    // requests received since the start
	last    time.Time // when the last one ended
}

// New returns a gate that holds at most maxHeld requests, each for at most hold.
func New(hold time.Duration, maxHeld int, m *metrics.Backend, needed func()) *Gate {
	return &Gate{hold: hold, maxHeld: maxHeld, metrics: m, needed: needed, changed: make(chan struct{}), dialer: net.Dialer{Timeout: dialTimeout}}
}

// SetReady sets which pods are ready, as host:port.
func (g *Gate) SetReady(pods []string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !slices.Equal(g.ready, pods) {
		g.ready = pods
		g.wake()
	}
}

// SetStopped sets whether the workload was scaled to zero by hand. If so, no request
// is held.
func (g *Gate) SetStopped(stopped bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.stopped != stopped {
		g.stopped = stopped
		g.wake()
	}
}

// wake makes every held request check again. The caller holds g.mu.
func (g *Gate) wake() {
	close(g.changed)
	g.changed = make(chan struct{})
}

// Held returns how many requests are held.
func (g *Gate) Held() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.held
}

// Uses returns how many requests have arrived since the start, and whether any of
// them is held or in flight.
func (g *Gate) Uses() (ever uint64, open bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.uses, g.open > 0
}

// UsedWithin reports whether a request was held or in flight within the last d.
func (g *Gate) UsedWithin(d time.Duration) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.open > 0 || !g.last.IsZero() && time.Since(g.last) < d
}

// AwaitIdle waits until no request is held or in flight, and returns how many are
// left when the context ends.
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

// look returns the current state, and a channel that is closed when it changes.
func (g *Gate) look() (ready []string, stopped bool, changed <-chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.ready, g.stopped, g.changed
}

// addHeld adds n to the number of held requests. It returns false, and adds nothing,
// if that would exceed the maximum.
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

// connect returns a connection to a ready pod, as soon as there is one. client reports
// whether the client is still connected.
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
// a pod that did not accept the connection, so trying the next one is safe.
func (g *Gate) dial(ctx context.Context, pods []string) net.Conn {
	for _, i := range rand.Perm(len(pods)) {
		if conn, err := g.dialer.DialContext(ctx, "tcp", pods[i]); err == nil {
			return conn
		}
	}
	return nil
}
