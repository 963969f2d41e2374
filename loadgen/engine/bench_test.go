// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"iter"
	"testing"
	"time"
)

// turns is a schedule of n requests, each of which is due when the server has
// read the previous one. It keeps about one connection in use.
type turns struct {
	server *server
	n      int
}

func (s turns) Duration() time.Duration { return 0 }

func (s turns) Arrivals() iter.Seq[time.Duration] {
	return func(yield func(time.Duration) bool) {
		before := s.server.seen.Load()
		for i := range s.n {
			for s.server.seen.Load()-before < int64(i) {
				time.Sleep(20 * time.Microsecond)
			}
			if !yield(0) {
				return
			}
		}
	}
}

// BenchmarkLoopback is the cost of an exchange over 127.0.0.1, including the
// server's half. See bench/loadgen for the comparison with other generators.
func BenchmarkLoopback(b *testing.B) {
	s := newServer(b, accept)
	b.ReportAllocs()
	b.ResetTimer()
	result := mustRun(b, Config{Target: s.URL, Schedule: turns{s, b.N}})
	if err := result.Err(); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkRecord is the engine's own part: admitting a request and recording
// its outcome.
func BenchmarkRecord(b *testing.B) {
	start := time.Now()
	r := newRecorder(start, 1)
	b.ReportAllocs()
	for i := range b.N {
		due := start.Add(time.Duration(i) * 50 * time.Microsecond) // 20,000/s
		r.admit(due)
		r.finish(outcome{due: due, sent: due.Add(time.Microsecond), done: due.Add(time.Duration(i%1000) * time.Microsecond), status: 202})
	}
}
