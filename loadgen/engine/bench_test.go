// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"iter"
	"net/http"
	"testing"
	"time"
)

// paced is a schedule of n requests that yields one whenever fewer than the
// capacity of slots are on their way. A benchmark wants the engine busy all the
// time, which a real schedule would either not do or pay for with drops.
type paced struct {
	n     int
	slots chan struct{}
}

func (p paced) Duration() time.Duration { return 0 }

func (p paced) Arrivals() iter.Seq[time.Duration] {
	return func(yield func(time.Duration) bool) {
		for range p.n {
			p.slots <- struct{}{}
			if !yield(0) {
				return
			}
		}
	}
}

// freeing gives the slot of a request back once it is answered.
type freeing struct {
	http.RoundTripper
	slots chan struct{}
}

func (f freeing) RoundTrip(r *http.Request) (*http.Response, error) {
	defer func() { <-f.slots }()
	return f.RoundTripper.RoundTrip(r)
}

type instant struct{}

func (instant) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusAccepted, Body: http.NoBody}, nil
}

func benchmark(b *testing.B, target string, transport http.RoundTripper) {
	slots := make(chan struct{}, 64)
	b.ReportAllocs()
	b.ResetTimer()
	result := mustRun(b, Config{
		Target:    target,
		Schedule:  paced{b.N, slots},
		Transport: freeing{transport, slots},
	})
	if err := result.Err(); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkEngine is the cost of a request without any network: hand over,
// context, recording.
func BenchmarkEngine(b *testing.B) { benchmark(b, "http://127.0.0.1", instant{}) }

// BenchmarkLoopback is the cost of an exchange over 127.0.0.1, the server's
// half included.
func BenchmarkLoopback(b *testing.B) {
	benchmark(b, newServer(b, accept).URL, NewTransport(64, DefaultTimeout))
}
