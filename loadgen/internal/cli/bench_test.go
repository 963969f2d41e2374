// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/measure"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/result"
)

// BenchmarkLiveView alternates between sending a load without a display and
// with the live view on a terminal. It reports the ratio of the two for the
// send delay and for the CPU time of the process, including server and reader
// of the terminal.
//
//	go test ./loadgen/internal/cli -bench LiveView -benchtime 5x -run '^$'
func BenchmarkLiveView(b *testing.B) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) }))
	defer s.Close()
	host, port, err := net.SplitHostPort(s.Listener.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	out := filepath.Join(b.TempDir(), "run.json")
	args := []string{"--profile=constant:rate=2000,duration=4", "--seed=1", "--out", out, host, port, "heavywork"}

	// Both kinds of run have a terminal, but only one of them writes to it.
	master, tty, err := pty.Open()
	if err != nil {
		b.Fatal(err)
	}
	defer master.Close()
	defer tty.Close()
	if err := pty.Setsize(master, &pty.Winsize{Cols: 120, Rows: 40}); err != nil {
		b.Fatal(err)
	}
	go io.Copy(io.Discard, master)

	type sum struct {
		delay *measure.Distribution
		cpu   time.Duration
	}
	sums := map[bool]*sum{false: {delay: measure.NewDistribution()}, true: {delay: measure.NewDistribution()}}
	send := func(quiet bool) {
		line := args
		if quiet {
			line = append([]string{"--quiet"}, args...)
		}
		before := processorTime(b)
		c := console{stdout: io.Discard, stderr: tty, getenv: func(name string) string { return unicodeTerminal[name] }}
		if err := dispatch(b.Context(), c, line); err != nil {
			b.Fatal(err)
		}
		sums[quiet].cpu += processorTime(b) - before
		file, err := os.Open(out)
		if err != nil {
			b.Fatal(err)
		}
		defer file.Close()
		doc, err := result.Read(file)
		if err != nil {
			b.Fatal(err)
		}
		sums[quiet].delay.Merge(doc.SendDelay)
	}
	for i := range b.N {
		send(i%2 == 0)
		send(i%2 != 0)
	}
	plain, view := sums[true], sums[false]
	ratio := func(a, b time.Duration) float64 { return float64(a) / float64(max(b, 1)) }
	b.ReportMetric(ratio(view.delay.Quantile(0.5), plain.delay.Quantile(0.5)), "p50-ratio")
	b.ReportMetric(ratio(view.delay.Quantile(0.99), plain.delay.Quantile(0.99)), "p99-ratio")
	b.ReportMetric(ratio(view.cpu, plain.cpu), "cpu-ratio")
	b.ReportMetric(float64(plain.delay.Quantile(0.99).Microseconds()), "plain-p99-us")
}

// processorTime returns the CPU time that this process has used so far.
func processorTime(b *testing.B) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
