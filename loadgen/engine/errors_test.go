// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/measure"
)

// hijack answers with raw bytes and ends the connection.
func hijack(raw string, abort bool) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		connection, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		io.WriteString(connection, raw)
		if tcp, ok := connection.(*net.TCPConn); ok && abort {
			tcp.SetLinger(0) // close with RST
		}
		connection.Close()
	}
}

func TestFailuresAreCountedByKind(t *testing.T) {
	block := make(chan struct{})
	defer close(block)
	strange := httptest.NewUnstartedServer(http.HandlerFunc(accept)) // certificate of an unknown authority
	strange.Config.ErrorLog = log.New(io.Discard, "", 0)
	strange.StartTLS()
	defer strange.Close()

	for _, tt := range []struct {
		name   string
		target func(*testing.T) string
		want   measure.ErrorKind
	}{
		{"nothing listens", func(t *testing.T) string { return closedPort(t) }, measure.Refused},
		{"no answer", func(t *testing.T) string {
			return newServer(t, func(_ http.ResponseWriter, r *http.Request) {
				select {
				case <-r.Context().Done():
				case <-block:
				}
			}).URL
		}, measure.Timeout},
		{"answer stops in the middle", func(t *testing.T) string {
			return newServer(t, hijack("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", false)).URL
		}, measure.Closed},
		{"closed without an answer", func(t *testing.T) string { return newServer(t, hijack("", false)).URL }, measure.Closed},
		{"aborted", func(t *testing.T) string { return newServer(t, hijack("", true)).URL }, measure.Reset},
		{"not HTTP", func(t *testing.T) string { return newServer(t, hijack("hello\r\n\r\n", false)).URL }, measure.Other},
		{"unknown certificate", func(*testing.T) string { return strange.URL }, measure.TLS},
		{"TLS to a plain server", func(t *testing.T) string {
			return strings.Replace(newServer(t, accept).URL, "http:", "https:", 1)
		}, measure.TLS},
	} {
		t.Run(tt.name, func(t *testing.T) {
			timeout := 30 * time.Second
			if tt.want == measure.Timeout {
				timeout = 20 * time.Millisecond
			}
			result := mustRun(t, Config{Target: tt.target(t), Schedule: burst(3), Timeout: timeout})
			if got := result.Errors[tt.want]; got.Count != 3 || got.Example == "" {
				t.Errorf("errors %+v, want three of kind %s with an example", result.Errors, tt.want)
			}
			if err := result.Err(); !errors.Is(err, measure.ErrFailed) || !strings.Contains(err.Error(), string(tt.want)+": 3") {
				t.Errorf("Err() = %v, want ErrFailed that names %q", err, tt.want)
			}
		})
	}
}

// A stalled server must not improve the percentiles by never answering.
func TestTimedOutRequestsEnterTheLatency(t *testing.T) {
	s := newServer(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	const timeout = 20 * time.Millisecond
	result := mustRun(t, Config{Target: s.URL, Schedule: burst(3), Timeout: timeout})
	// The histogram is exact to 0.1 %.
	if got := result.Latency.Min(); got < timeout-timeout/1000 {
		t.Errorf("smallest latency %s, want at least the timeout of %s", got, timeout)
	}
}

func TestOtherErrorsSayWhatTheyAre(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want measure.ErrorKind
	}{
		{&net.DNSError{Err: "no such host", Name: "nowhere.invalid", IsNotFound: true}, measure.Unresolved},
		{&net.DNSError{Err: "i/o timeout", Name: "slow.invalid", IsTimeout: true}, measure.Timeout},
		{os.ErrDeadlineExceeded, measure.Timeout},
		{syscall.ETIMEDOUT, measure.Timeout},
		{syscall.EPIPE, measure.Reset},
		{syscall.ENETUNREACH, measure.NoRoute},
		{syscall.EHOSTUNREACH, measure.NoRoute},
		{syscall.EMFILE, measure.LocalLimit},
		{syscall.EADDRNOTAVAIL, measure.LocalLimit},
		{errors.New("something new"), measure.Other},
	} {
		t.Run(string(tt.want)+" "+tt.err.Error(), func(t *testing.T) {
			if got := kindOf(fmt.Errorf("while testing: %w", &net.OpError{Op: "dial", Err: tt.err})); got != tt.want {
				t.Errorf("kindOf(%v) = %s, want %s", tt.err, got, tt.want)
			}
		})
	}
}

func TestStatusesAreReportedSeparately(t *testing.T) {
	codes := []int{200, 202, 302, 404, 503, 503}
	var next atomic.Int64
	s := newServer(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "/elsewhere") // a redirect must not be followed
		w.WriteHeader(codes[next.Add(1)-1])
	})
	result := mustRun(t, Config{Target: s.URL, Schedule: burst(len(codes))})
	if got, want := fmt.Sprint(result.Statuses), "map[200:1 202:1 302:1 404:1 503:2]"; got != want {
		t.Errorf("statuses %s, want %s", got, want)
	}
	if result.Succeeded != 2 || result.NonSuccess() != 4 {
		t.Errorf("%d succeeded and %d not, want 2 and 4", result.Succeeded, result.NonSuccess())
	}
	err := result.Err()
	if want := "of 6 requests: 4 answered with a status other than 2xx (302: 1, 404: 1, 503: 2)"; !errors.Is(err, measure.ErrNonSuccess) || err.Error() != want {
		t.Errorf("Err() = %v, want %q", err, want)
	}
}
