// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/schedule"
)

func TestEverySentRequestReachesTheServer(t *testing.T) {
	var methods sync.Map
	s := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		methods.Store(r.Method+" "+r.URL.Path+" "+r.Proto, true)
		w.WriteHeader(http.StatusAccepted)
		io.WriteString(w, "0123456789")
	})
	arrivals, err := schedule.NewPoisson(schedule.Decay{ArrivalRate: 2000, DecayRate: 0.5}, 250*time.Millisecond, 11)
	if err != nil {
		t.Fatal(err)
	}
	due := int64(0)
	for range arrivals.Arrivals() {
		due++
	}
	result := mustRun(t, Config{Target: s.URL + "/heavywork", Schedule: arrivals})

	if result.Offered != due || result.Sent != due || result.Succeeded != due {
		t.Errorf("%d due, counts %+v", due, result.Counts)
	}
	if seen := s.seen.Load(); seen != result.Sent {
		t.Errorf("server saw %d requests, %d were sent", seen, result.Sent)
	}
	if result.Statuses[http.StatusAccepted] != due || result.BytesReceived != 10*due {
		t.Errorf("statuses %v, %d bytes received; want %d times 202 with 10 bytes", result.Statuses, result.BytesReceived, due)
	}
	if result.Err() != nil || result.Interrupted {
		t.Errorf("Err() = %v, Interrupted = %t", result.Err(), result.Interrupted)
	}
	methods.Range(func(line, _ any) bool {
		if line != "POST /heavywork HTTP/1.1" {
			t.Errorf("request line %q", line)
		}
		return true
	})
	if result.Window < arrivals.Duration() || result.Elapsed < result.Window {
		t.Errorf("window %s, elapsed %s, schedule %s", result.Window, result.Elapsed, arrivals.Duration())
	}
}

// The server answers nothing until the generator has reported the third drop.
// A closed loop, which waits for answers, would never get that far.
func TestStalledServerHoldsBackNoArrivalAndDropsAreCounted(t *testing.T) {
	release := make(chan struct{})
	s := newServer(t, holdUntil(release))
	var once sync.Once
	result := mustRun(t, Config{
		Target:       s.URL,
		Schedule:     burst(5),
		MaxInFlight:  2,
		Timeout:      10 * time.Second, // ends the test if the generator does wait
		ObserveEvery: time.Millisecond,
		Observe: func(p Progress) {
			if p.Dropped == 3 && s.seen.Load() == 2 {
				once.Do(func() { close(release) })
			}
		},
	})
	if result.Offered != 5 || result.Sent != 2 || result.Dropped != 3 || result.Succeeded != 2 {
		t.Errorf("counts %+v, want 5 offered, 2 sent, 3 dropped, 2 succeeded", result.Counts)
	}
	if err := result.Err(); err == nil || !strings.Contains(err.Error(), "3 not sent") {
		t.Errorf("Err() = %v, want the three drops", err)
	}
}

// The requests were due a minute before the run began: the latency includes
// that minute, although the server answers at once.
func TestLatencyCountsFromTheIntendedSendTime(t *testing.T) {
	s := newServer(t, accept)
	result := mustRun(t, Config{Target: s.URL, Schedule: fixed{times: []time.Duration{-time.Minute, -time.Minute, 0}}})
	if got := result.Latency.Quantile(0.5); got < time.Minute {
		t.Errorf("median latency %s, want at least the minute of delay", got)
	}
	if got := result.SendDelay.Quantile(0.5); got < time.Minute {
		t.Errorf("median send delay %s, want at least a minute", got)
	}
	if result.Late < 2 {
		t.Errorf("%d late requests, want the two that were a minute late", result.Late)
	}
}

func TestNoRequestIsSentBeforeItIsDue(t *testing.T) {
	const gap = time.Millisecond
	var mu sync.Mutex
	var arrivals []time.Time
	s := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		arrivals = append(arrivals, time.Now())
		mu.Unlock()
		accept(w, r)
	})
	before := time.Now()
	mustRun(t, Config{Target: s.URL, Schedule: spaced(50, gap)})
	for i, at := range arrivals {
		if earliest := time.Duration(i) * gap; at.Sub(before) < earliest {
			t.Errorf("request %d arrived %s after the start, due after %s", i, at.Sub(before), earliest)
		}
	}
}

func TestCancelEndsArrivalsAndAwaitsTheRequestsInFlight(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	release := make(chan struct{})
	s := newServer(t, holdUntil(release))
	var once sync.Once
	result, err := Run(ctx, Config{
		Target:       s.URL,
		Schedule:     fixed{times: []time.Duration{0, 0, time.Hour}, duration: 2 * time.Hour},
		ObserveEvery: time.Millisecond,
		Observe: func(p Progress) {
			if s.seen.Load() == 2 {
				cancel() // while both requests are unanswered
				once.Do(func() { close(release) })
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	checkSums(t, result)
	if !result.Interrupted || result.Offered != 2 || result.Succeeded != 2 {
		t.Errorf("interrupted %t, counts %+v; want an interrupted run with both requests answered", result.Interrupted, result.Counts)
	}
	if result.Window >= time.Hour {
		t.Errorf("window %s, want the time until the cancellation", result.Window)
	}
	if result.Err() != nil {
		t.Errorf("Err() = %v, want nil: nothing went wrong", result.Err())
	}
}

// Arrivals that are always overdue never wait, but must still notice the end of
// the context.
func TestCancelEndsARunThatIsBehind(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		cancel()
		accept(w, r)
	})
	flood, err := schedule.NewPoisson(schedule.Decay{ArrivalRate: schedule.MaxRate}, 30*time.Second, 1)
	if err != nil {
		t.Fatal(err)
	}
	result, err := Run(ctx, Config{Target: s.URL, Schedule: flood, MaxInFlight: 1})
	if err != nil {
		t.Fatal(err)
	}
	checkSums(t, result)
	if !result.Interrupted || result.Sent == 0 {
		t.Errorf("interrupted %t, counts %+v", result.Interrupted, result.Counts)
	}
}

func TestCancelledBeforeTheStartSendsNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s := newServer(t, accept)
	result, err := Run(ctx, Config{Target: s.URL, Schedule: burst(3)})
	if err != nil {
		t.Fatal(err)
	}
	if seen := s.seen.Load(); seen != 0 || result.Offered != 0 || !result.Interrupted {
		t.Errorf("server saw %d, counts %+v, interrupted %t", seen, result.Counts, result.Interrupted)
	}
}

// Requests follow each other, so a few connections are enough. Each request
// would need its own if connections were closed after use, or if bodies were
// left unread.
func TestConnectionsAreKeptAlive(t *testing.T) {
	var mu sync.Mutex
	connections := make(map[string]bool)
	s := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		connections[r.RemoteAddr] = true
		mu.Unlock()
		io.WriteString(w, strings.Repeat("x", 100_000))
	})
	result := mustRun(t, Config{Target: s.URL, Schedule: turns{s, 100}})
	if result.Succeeded != 100 || len(connections) > 50 {
		t.Errorf("%d connections for %d requests one after the other", len(connections), result.Succeeded)
	}
}

func TestObserverSeesTheWholeRunAndTheEnd(t *testing.T) {
	s := newServer(t, accept)
	var looks []Progress
	result := mustRun(t, Config{
		Target:       s.URL,
		Schedule:     spaced(100, time.Millisecond),
		ObserveEvery: time.Millisecond,
		Observe:      func(p Progress) { looks = append(looks, p) }, // unlocked: calls must not overlap
	})
	for i, p := range looks {
		if p.Offered != p.Sent+p.Dropped || p.InFlight != p.Sent-p.Completed-p.Failed {
			t.Errorf("snapshot %d is inconsistent: %+v", i, p)
		}
		if p.Done != (i == len(looks)-1) {
			t.Errorf("snapshot %d of %d has Done = %t", i, len(looks), p.Done)
		}
	}
	last := looks[len(looks)-1]
	if last.Counts != result.Counts || last.InFlight != 0 || last.Duration != 100*time.Millisecond {
		t.Errorf("last snapshot %+v, result %+v", last, result.Counts)
	}
}

func TestConfigErrorsAreListedTogether(t *testing.T) {
	_, err := Run(t.Context(), Config{Target: "localhost:80", MaxInFlight: -1, Timeout: 2 * time.Hour, IdleTimeout: -time.Second, ObserveEvery: -1})
	if err == nil {
		t.Fatal("no error")
	}
	for _, fragment := range []string{`target "localhost:80"`, "schedule", `max-in-flight "-1"`, `timeout "2h0m0s"`, `idle-timeout "-1s"`, `observe-every "-1ns"`} {
		if !strings.Contains(err.Error(), fragment) {
			t.Errorf("error %q lacks %q", err, fragment)
		}
	}
}
