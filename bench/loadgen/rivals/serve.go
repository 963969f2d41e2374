// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/binary"
	"fmt"
	"net"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/valyala/fasthttp"
)

// room is for the arrivals of the longest run, 20,000/s for 60 s, and more.
const room = 4 << 20

// server answers every POST with 202 and records when it arrived.
type server struct {
	start    time.Time
	count    atomic.Int64
	arrivals []int64 // nanoseconds since start, in the order of count
}

// serve prints the address it listens on and runs until it is killed.
//
//	POST /anything       202 at once
//	POST /wait           202 after 0.8, 1.2 or 1.6 s, see delay
//	POST /lightwork      202 after 0.3 s, about
//	GET  /control/reset  forgets all arrivals
//	GET  /control/count  number of arrivals since then
//	GET  /control/times  their times, 8 bytes each, little endian
func serve() error {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	s := &server{start: time.Now(), arrivals: make([]int64, room)}
	fmt.Println(listener.Addr())
	web := &fasthttp.Server{Handler: s.handle, Name: "bench", Concurrency: 1 << 20, NoDefaultDate: true}
	return web.Serve(listener)
}

func (s *server) handle(ctx *fasthttp.RequestCtx) {
	if !ctx.IsPost() {
		s.control(ctx)
		return
	}
	at := time.Since(s.start)
	n := s.count.Add(1)
	if n <= room {
		s.arrivals[n-1] = int64(at)
	}
	switch string(ctx.Path()) {
	case "/wait":
		wait(delay(n))
	case "/lightwork":
		time.Sleep(300 * time.Millisecond)
	}
	ctx.SetStatusCode(fasthttp.StatusAccepted)
	ctx.SetBodyString("{\"status\":\"accepted\",\"id\":\"0000\"}\n")
}

// delay gives 60 % of the requests 0.8 s, 35 % 1.2 s and 5 % 1.6 s, so that the
// percentiles that are compared lie far from the steps. The order is mixed, and
// the same for every generator.
//
// The times are long, so that a bucket of a histogram is wider than the jitter of
// timers. None is above twice their mean, or wrk would add made-up latencies to correct
// for coordinated omission, nor above 2 s, which wrk leaves out.
func delay(n int64) time.Duration {
	switch place := n * 37 % 100; { // 37 and 100 have no common factor
	case place < 60:
		return 800 * time.Millisecond
	case place < 95:
		return 1200 * time.Millisecond
	}
	return 1600 * time.Millisecond
}

// wait sleeps more exactly than the runtime's timers, which end at the next full
// millisecond: that rounding would depend on how busy the server is, which differs
// between generators.
func wait(d time.Duration) {
	const fine = 3 * time.Millisecond
	until := time.Now().Add(d)
	time.Sleep(d - fine)
	for left := time.Until(until); left > 0; left = time.Until(until) {
		spec := syscall.NsecToTimespec(int64(left))
		_ = syscall.Nanosleep(&spec, nil) // early only by a signal
	}
}

func (s *server) control(ctx *fasthttp.RequestCtx) {
	n := min(s.count.Load(), room)
	switch string(ctx.Path()) {
	case "/control/reset":
		s.count.Store(0)
	case "/control/count":
		ctx.SetBodyString(strconv.FormatInt(n, 10))
	case "/control/times":
		body := make([]byte, 0, 8*n)
		for _, at := range s.arrivals[:n] {
			body = binary.LittleEndian.AppendUint64(body, uint64(at))
		}
		ctx.SetBody(body)
	default:
		ctx.SetStatusCode(fasthttp.StatusNotFound)
	}
}
