// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"iter"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/measure"
)

// fixed is a schedule of given times.
type fixed struct {
	times    []time.Duration
	duration time.Duration
}

func (f fixed) Arrivals() iter.Seq[time.Duration] { return slices.Values(f.times) }
func (f fixed) Duration() time.Duration           { return f.duration }

// burst is n requests that are all due at the start.
func burst(n int) fixed { return fixed{times: make([]time.Duration, n)} }

// spaced is n evenly spaced requests.
func spaced(n int, gap time.Duration) fixed {
	f := fixed{duration: time.Duration(n) * gap}
	for i := range n {
		f.times = append(f.times, time.Duration(i)*gap)
	}
	return f
}

// server is a test server that counts the requests it has read.
type server struct {
	*httptest.Server
	seen atomic.Int64
}

func newServer(t testing.TB, handler http.HandlerFunc) *server {
	t.Helper()
	s := &server{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.seen.Add(1)
		handler(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func accept(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) }

// holdUntil answers nothing until release is closed or the client gives up.
func holdUntil(release <-chan struct{}) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
			accept(w, r)
		case <-r.Context().Done():
		}
	}
}

// mustRun calls Run and checks what every result must satisfy.
func mustRun(t testing.TB, cfg Config) *measure.Result {
	t.Helper()
	result, err := Run(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	checkSums(t, result)
	return result
}

func checkSums(t testing.TB, r *measure.Result) {
	t.Helper()
	if r.Offered != r.Sent+r.Dropped || r.Sent != r.Completed+r.Failed {
		t.Errorf("counts do not add up: %+v", r.Counts)
	}
	byStatus, byKind := int64(0), int64(0)
	for _, n := range r.Statuses {
		byStatus += n
	}
	for _, e := range r.Errors {
		byKind += e.Count
	}
	if byStatus != r.Completed || byKind != r.Failed {
		t.Errorf("%d completed but %d statuses, %d failed but %d errors", r.Completed, byStatus, r.Failed, byKind)
	}
	if got, want := r.Latency.Count(), r.Completed+r.Errors[measure.Timeout].Count; got != want {
		t.Errorf("%d latencies, want %d (completed and timed out)", got, want)
	}
	checkSeconds(t, r)
	if r.SuccessLatency.Count() != r.Succeeded || r.SendDelay.Count() != r.Sent {
		t.Errorf("%d success latencies for %d successes, %d send delays for %d sent",
			r.SuccessLatency.Count(), r.Succeeded, r.SendDelay.Count(), r.Sent)
	}
}

// checkSeconds compares the sum of the seconds with the run.
func checkSeconds(t testing.TB, r *measure.Result) {
	t.Helper()
	sum := measure.NewSecond()
	for i, s := range r.Seconds {
		if s.Offered != s.Sent+s.Dropped {
			t.Errorf("second %d: counts do not add up: %+v", i, s)
		}
		sum.Add(s)
	}
	counts := sum.Counts()
	counts.Late = r.Late // not recorded per second
	if counts != r.Counts || sum.BytesReceived != r.BytesReceived {
		t.Errorf("the seconds hold %+v and %d bytes, the run %+v and %d", counts, sum.BytesReceived, r.Counts, r.BytesReceived)
	}
	wantClasses, wantErrors := make(map[string]int64), make(map[measure.ErrorKind]int64)
	for status, n := range r.Statuses {
		wantClasses[strconv.Itoa(status/100)+"xx"] += n
	}
	for kind, e := range r.Errors {
		wantErrors[kind] = e.Count
	}
	if !maps.Equal(sum.Classes, wantClasses) || !maps.Equal(sum.Errors, wantErrors) {
		t.Errorf("the seconds hold %v and %v, the run %v and %v", sum.Classes, sum.Errors, wantClasses, wantErrors)
	}
	got, err := sum.Latency.MarshalJSON()
	want, wantErr := r.Latency.MarshalJSON()
	if err != nil || wantErr != nil || string(got) != string(want) {
		t.Errorf("the latencies of all seconds are %s, those of the run %s (%v, %v)", sum.Latency, r.Latency, err, wantErr)
	}
}

// closedPort returns a URL on which nothing listens.
func closedPort(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return "http://" + listener.Addr().String()
}
