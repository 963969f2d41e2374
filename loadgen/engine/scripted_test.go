// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"bufio"
	"io"
	"iter"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// script is a server that speaks raw TCP, with one function per connection.
type script struct {
	url         string
	connections atomic.Int64
	requests    atomic.Int64 // read in full
}

// raw is one connection of a script.
type raw struct {
	*net.TCPConn
	script *script
	reader *bufio.Reader
}

// scripted starts a server that calls serve for each connection, with its number
// from 1, and closes the connection when serve returns.
func scripted(t testing.TB, serve func(n int64, c *raw)) *script {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &script{url: "http://" + listener.Addr().String() + "/heavywork"}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			n := s.connections.Add(1)
			serving.Go(func() {
				defer connection.Close()
				serve(n, &raw{connection.(*net.TCPConn), s, bufio.NewReader(connection)})
			})
		}
	})
	t.Cleanup(func() { listener.Close(); serving.Wait() })
	return s
}

// request reads one request and reports whether there was one.
func (c *raw) request() bool {
	r, err := http.ReadRequest(c.reader)
	if err != nil {
		return false
	}
	io.Copy(io.Discard, r.Body)
	c.script.requests.Add(1)
	return true
}

func (c *raw) say(text string) { io.WriteString(c, text) }

// untilClosed waits for the other side to end the connection.
func (c *raw) untilClosed() { io.Copy(io.Discard, c.reader) }

const accepted = "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"

// gated is a schedule whose requests are due at once, each when its gate opens;
// the first one has none.
type gated []<-chan struct{}

func (g gated) Duration() time.Duration { return 0 }

func (g gated) Arrivals() iter.Seq[time.Duration] {
	return func(yield func(time.Duration) bool) {
		if !yield(0) {
			return
		}
		for _, gate := range g {
			<-gate
			if !yield(0) {
				return
			}
		}
	}
}

// oneByOne is a configuration for n requests, each of which is sent when the
// previous one has succeeded or failed, and ready, if not nil, agrees.
func oneByOne(target string, n int, ready func(ended int64) bool) Config {
	gates := make([]chan struct{}, n-1)
	schedule := make(gated, n-1)
	for i := range gates {
		gates[i] = make(chan struct{})
		schedule[i] = gates[i]
	}
	open := 0
	return Config{
		Target:       target,
		Schedule:     schedule,
		ObserveEvery: time.Millisecond,
		Observe: func(p Progress) {
			ended := p.Completed + p.Failed
			for open < len(gates) && int64(open) < ended && (ready == nil || ready(ended)) {
				close(gates[open])
				open++
			}
		},
	}
}
