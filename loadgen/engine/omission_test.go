// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/measure"
)

// The server answers nothing until 200 requests, one per millisecond, have come
// due. So the one that was due i ms after the first waits for at least 199-i
// ms. A closed loop that meets a server with the same pause sees one slow
// answer.
func TestAPauseOfTheServerShowsInThePercentiles(t *testing.T) {
	const n, gap = 200, time.Millisecond
	release := make(chan struct{})
	var once sync.Once
	s := newServer(t, holdUntil(release))
	open := mustRun(t, Config{
		Target:       s.URL,
		Schedule:     spaced(n, gap),
		ObserveEvery: time.Millisecond,
		Observe: func(p Progress) {
			if p.Offered == n {
				once.Do(func() { close(release) })
			}
		},
	})
	if open.Succeeded != n || len(open.Seconds) == 0 {
		t.Fatalf("counts %+v, errors %v", open.Counts, open.Errors)
	}
	for _, q := range []float64{0.05, 0.25, 0.5, 0.75, 0.95} {
		// A share q of the waits 199, 198, ... 0 ms is at most this long, and
		// the histogram is exact to 0.1 %.
		least := time.Duration(q*(n-1))*gap - gap
		if got := open.Latency.Quantile(q); got < least-least/1000 {
			t.Errorf("%g of the latencies are at most %s, which hides some of the pause: want %s", q, got, least)
		}
	}

	pause := open.Latency.Max()
	var paused sync.Once
	s = newServer(t, func(w http.ResponseWriter, r *http.Request) {
		paused.Do(func() { time.Sleep(pause) })
		accept(w, r)
	})
	var closed measure.Distribution
	for range n {
		sent := time.Now()
		response, err := http.Post(s.URL, "", nil)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		closed.Record(time.Since(sent))
	}
	if closed.Max() < pause || closed.Quantile(0.9) >= open.Latency.Quantile(0.9) {
		t.Errorf("closed loop %s; open loop %s: want the pause in the maximum of the closed loop and in the percentiles of the open one", &closed, open.Latency)
	}
}
