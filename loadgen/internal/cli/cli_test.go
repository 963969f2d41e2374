// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/result"
)

// No test may find a cluster of the machine it runs on.
func TestMain(m *testing.M) {
	os.Setenv("KUBECONFIG", os.DevNull)
	os.Exit(m.Run())
}

// execute runs a command line, with the given time between lines of progress.
func execute(ctx context.Context, args []string, stdout, stderr io.Writer, every time.Duration) error {
	return dispatch(ctx, console{
		stdin: strings.NewReader(""), stdout: stdout, stderr: stderr, every: every,
		getenv: func(string) string { return "" },
	}, args)
}

// buffer is an output that can be read while it is written.
type buffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// server answers like the app and returns host, port and a counter of requests.
func server(t *testing.T, status int) (host, port string, seen *atomic.Int64) {
	t.Helper()
	seen = new(atomic.Int64)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen.Add(1)
		if r.Method != http.MethodPost || (r.URL.Path != "/heavywork" && r.URL.Path != "/lightwork") {
			status = http.StatusTeapot
		}
		w.WriteHeader(status)
	}))
	t.Cleanup(s.Close)
	host, port, err := net.SplitHostPort(s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return host, port, seen
}

// blocked answers nothing until release is closed.
func blocked(t *testing.T, release <-chan struct{}) (host, port string) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done(): // only if the test has failed
		}
		w.WriteHeader(http.StatusAccepted)
	}))
	t.Cleanup(s.Close)
	host, port, err := net.SplitHostPort(s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return host, port
}

// await returns once b matches pattern. The minute only keeps a broken program
// from hanging the tests.
func await(t *testing.T, b *buffer, pattern string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !regexp.MustCompile(pattern).MatchString(b.String()) {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("nothing matches %q in\n%s", pattern, b.String())
		}
	}
}

// short is a run of about 20 requests in a tenth of a second.
var short = []string{"--arrival-rate", "200", "--decay-rate=0", "--duration", "0.1", "--seed", "5"}

func TestFlagsGoBeforeAndAfterTheArguments(t *testing.T) {
	host, port, seen := server(t, http.StatusAccepted)
	for _, tt := range []struct {
		name string
		args []string
	}{
		{"before", append(short[:len(short):len(short)], host, port, "heavywork")},
		{"after", append([]string{host, port, "heavywork"}, short...)},
		{"between", append(append([]string{host, "--quiet", port}, short...), "lightwork")},
		{"one dash", []string{host, port, "heavywork", "-arrival-rate=200", "-decay-rate", "0", "-duration", "100ms", "-seed=5"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			seen.Store(0)
			var stdout, stderr buffer
			if err := Run(t.Context(), tt.args, &stdout, &stderr); err != nil {
				t.Fatalf("Run = %v\n%s", err, stderr.String())
			}
			if want := fmt.Sprintf("\n  sent %23d ", seen.Load()); seen.Load() == 0 || !strings.Contains(stdout.String(), want) {
				t.Errorf("server saw %d requests, summary is\n%s", seen.Load(), stdout.String())
			}
		})
	}
}

func TestSeedRepeatsARun(t *testing.T) {
	host, port, seen := server(t, http.StatusAccepted)
	args := append([]string{host, port, "heavywork", "--quiet"}, short...)
	var counts []int64
	for range 2 {
		seen.Store(0)
		if err := Run(t.Context(), args, new(buffer), new(buffer)); err != nil {
			t.Fatal(err)
		}
		counts = append(counts, seen.Load())
	}
	if counts[0] != counts[1] || counts[0] == 0 {
		t.Errorf("the server saw %v requests with one seed", counts)
	}
}

func TestJSONIsAllThatGoesToStdout(t *testing.T) {
	host, port, seen := server(t, http.StatusAccepted)
	var stdout, stderr buffer
	args := []string{host, port, "heavywork", "--json", "--arrival-rate=200", "--decay-rate=2", "--duration=0.1", "--seed=5"}
	if err := Run(t.Context(), args, &stdout, &stderr); err != nil {
		t.Fatal(err)
	}
	doc, err := result.Read(strings.NewReader(stdout.String()))
	if err != nil {
		t.Fatalf("%v in\n%s", err, stdout.String())
	}
	// 200/2 * (1 - exp(-0.2))
	if expected := doc.Run.ExpectedRequests; expected < 18.126 || expected > 18.127 {
		t.Errorf("expected_requests = %v, want 18.1269", expected)
	}
	if want := "decay:arrival_rate=200,decay_rate=2,duration=0.1"; doc.Run.Profile.Text != want || doc.Run.Seed != 5 {
		t.Errorf("profile %q, seed %d; want %q, 5", doc.Run.Profile.Text, doc.Run.Seed, want)
	}
	if doc.Run.Target != "http://"+net.JoinHostPort(host, port)+"/heavywork" || doc.Requests.Succeeded != seen.Load() {
		t.Errorf("target %s, %+v; the server saw %d requests", doc.Run.Target, doc.Requests, seen.Load())
	}
}

func TestExitCodes(t *testing.T) {
	for _, tt := range []struct {
		name   string
		status int
		extra  string
		want   int
		text   string
	}{
		{"all well", 202, "--quiet", 0, ""},
		{"not 2xx", 503, "--quiet", 1, "answered with a status other than 2xx (503: "},
		{"not 2xx, tolerated", 503, "--tolerate-errors", 0, ""},
		{"bad input", 202, "--arrival-rate=0", 2, `--arrival-rate "0"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			host, port, _ := server(t, tt.status)
			err := Run(t.Context(), append(append([]string{host, port, "heavywork"}, short...), tt.extra), new(buffer), new(buffer))
			if got := ExitCode(err); got != tt.want {
				t.Errorf("exit code %d for %v, want %d", got, err, tt.want)
			}
			if tt.text != "" && !strings.Contains(err.Error(), tt.text) {
				t.Errorf("error %q lacks %q", err, tt.text)
			}
		})
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestAResultThatCannotBeWrittenIsAnError(t *testing.T) {
	host, port, _ := server(t, http.StatusAccepted)
	for _, format := range []string{"--json=true", "--json=false"} {
		err := Run(t.Context(), append([]string{host, port, "heavywork", format}, short...), full{}, new(buffer))
		if err == nil || ExitCode(err) != 1 || !strings.Contains(err.Error(), "disk full") {
			t.Errorf("%s: Run = %v, want the write error", format, err)
		}
	}
}

// The server holds its answers back until stderr says that they are awaited.
func TestInterruptAwaitsAnswersAndPrintsWhatRan(t *testing.T) {
	release := make(chan struct{})
	host, port := blocked(t, release)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var stdout, stderr buffer
	done := make(chan error)
	go func() {
		done <- execute(ctx, []string{"--arrival-rate=500", "--duration=1h", "--tolerate-errors", host, port, "heavywork"},
			&stdout, &stderr, time.Millisecond)
	}()
	await(t, &stderr, `of 3600 s   offered .* in flight +[1-9]`)
	cancel()
	await(t, &stderr, "interrupted: no more requests; waiting at most 30 s")
	close(release)
	if err := <-done; ExitCode(err) != 130 || !strings.HasPrefix(err.Error(), "interrupted after ") {
		t.Errorf("exit code %d for %v, want 130", ExitCode(err), err)
	}
	if !strings.Contains(stdout.String(), "INTERRUPTED after") || !strings.Contains(stdout.String(), "\n  202 ") {
		t.Errorf("the summary does not say so:\n%s", stdout.String())
	}
}

func TestQuietWritesNothingToStderr(t *testing.T) {
	host, port, _ := server(t, http.StatusAccepted)
	for _, tt := range []struct {
		name string
		args []string
		want bool
	}{{"quiet", []string{"--quiet"}, false}, {"not quiet", nil, true}} {
		t.Run(tt.name, func(t *testing.T) {
			var stdout, stderr buffer
			args := append(append([]string{host, port, "heavywork"}, short...), tt.args...)
			if err := execute(t.Context(), args, &stdout, &stderr, time.Millisecond); err != nil {
				t.Fatal(err)
			}
			if got := stderr.String() != ""; got != tt.want || stdout.String() == "" {
				t.Errorf("stderr %q, stdout %q", stderr.String(), stdout.String())
			}
		})
	}
}

func TestInterruptBeforeTheFirstRequest(t *testing.T) {
	host, port, seen := server(t, http.StatusAccepted)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := Run(ctx, []string{host, port, "heavywork"}, new(buffer), new(buffer))
	if ExitCode(err) != 130 || seen.Load() != 0 {
		t.Errorf("exit code %d for %v, the server saw %d requests", ExitCode(err), err, seen.Load())
	}
}
