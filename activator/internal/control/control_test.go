// SPDX-License-Identifier: Apache-2.0

package control

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/activator/internal/metrics"
)

// never is the Idle of a workload that is never idle.
func never(context.Context) (bool, error) { return false, nil }

func TestTheWayDownAndUp(t *testing.T) {
	w := newWorld(t)
	w.activators(1, nil)
	w.asleep()
	if got := w.writes(0); !slices.Equal(got, []string{"record awake", "record down", "slice armed", "replicas 0"}) {
		t.Errorf("on the way down: %q", got)
	}
	// asleep has waited until the kubelet has removed the pod, so the activator gets the request.
	before := len(w.api.Writes())
	if err := w.acts[0].get("/first"); err != nil || w.count("/first") != 1 {
		t.Errorf("the first request: error %v, and the pod received it %d times", err, w.count("/first"))
	}
	until(t, "the activator has stepped aside", func() bool { return len(w.api.Writes()) >= before+3 })
	if got := w.writes(before)[:3]; !slices.Equal(got, []string{"replicas 1", "record awake", "slice disarmed"}) {
		t.Errorf("on the way up: %q", got)
	}
}

func TestManyAtOnceWakeItOnce(t *testing.T) {
	w := newWorld(t)
	acts := w.activators(2, nil)
	w.asleep()
	w.busy.Store(true)
	before := len(w.api.Writes())
	var clients sync.WaitGroup
	for i := range 50 {
		clients.Go(func() {
			if err := acts[i%2].get(fmt.Sprint("/", i)); err != nil {
				t.Error(err)
			}
		})
	}
	clients.Wait()
	w.awake()
	for i := range 50 {
		if n := w.count(fmt.Sprint("/", i)); n != 1 {
			t.Errorf("the pod received request %d %d times", i, n)
		}
	}
	wakes := 0
	for _, write := range w.writes(before) {
		if strings.HasPrefix(write, "replicas") {
			wakes++
		}
	}
	if wakes != 1 {
		t.Errorf("woken %d times: %q", wakes, w.writes(before))
	}
}

// NGINX learns of changes late, and chooses any endpoint. In each round a request
// arrives at a different point of the descent: before it, and after each of its writes.
func TestNoRequestIsLostAroundGoingDown(t *testing.T) {
	w := newWorld(t)
	w.busy.Store(true)
	w.activators(2, nil)
	rounds := 200
	if testing.Short() {
		rounds = 40
	}
	for i := range rounds {
		w.busy.Store(true)
		w.awake()
		before := len(w.api.Writes())
		w.busy.Store(false)
		until(t, "the descent has made its writes", func() bool { return len(w.api.Writes()) >= before+i%4 })
		time.Sleep(time.Duration(rand.IntN(int(5 * time.Millisecond))))
		path := fmt.Sprint("/round/", i)
		if err := w.get(path, time.Duration(rand.IntN(int(longestLag))), rand.IntN); err != nil {
			t.Errorf("round %d: %v; writes: %q", i, err, w.writes(before))
		}
		if n := w.count(path); n != 1 {
			t.Errorf("round %d: pods received the request %d times", i, n)
		}
		w.asleep()
		w.busy.Store(true)
		if err := w.get("/wake", 0, rand.IntN); err != nil {
			t.Fatalf("round %d: %v", i, err)
		}
	}
}

// A client that reads slices in write order always sees at least one endpoint.
func TestTheServiceAlwaysHasAnEndpoint(t *testing.T) {
	w := newWorld(t)
	w.activators(2, nil)
	for range 10 {
		w.busy.Store(false)
		w.asleep()
		w.busy.Store(true)
		if err := w.get("/", 0, rand.IntN); err != nil {
			t.Error(err)
		}
		w.awake()
	}
	ready, began := map[string]int{}, false
	w.api.Replay(func(path string, o *unstructured.Unstructured) {
		if o.GetLabels()[discoveryv1.LabelServiceName] != "web" {
			return
		}
		ready[path] = len(w.readyIn(o))
		sum := ready[podsSlice] + ready[ourSlice]
		began = began || sum > 0
		if began && sum == 0 {
			t.Errorf("no endpoint is ready after version %s of %s", o.GetResourceVersion(), path)
		}
	})
}

func TestWhatKeepsItUp(t *testing.T) {
	said := map[string]string{ // in the log, besides what is refused or fails
		"two replicas":        "it has 2 replicas: it must have 1",
		"an autoscaler":       "autoscaler web wants 2 replicas",
		"a request in flight": "its pods report requests in flight",
	}
	for name, prepare := range map[string]func(w *world, s *Settings){
		"activity": func(_ *world, s *Settings) { s.Idle = never },
		"no data": func(_ *world, s *Settings) {
			s.Idle = func(context.Context) (bool, error) { return true, errors.New("no data") }
		},
		"two replicas": func(w *world, _ *Settings) { w.setReplicas(2) },
		"an autoscaler": func(w *world, _ *Settings) {
			w.api.Change(hpaPath, func(o map[string]any) { o["status"] = object{"desiredReplicas": int64(2)} })
		},
		"an autoscaler that may not be read": func(w *world, _ *Settings) {
			w.api.Before = func(rw http.ResponseWriter, r *http.Request) bool {
				if r.URL.Path == hpaPath {
					rw.WriteHeader(http.StatusForbidden)
				}
				return r.URL.Path == hpaPath
			}
		},
		"a request in flight": func(_ *world, s *Settings) {
			s.InFlight = func(context.Context, []string) (float64, error) { return 1, nil }
		},
		"a pod that is silent": func(_ *world, s *Settings) {
			s.InFlight = func(context.Context, []string) (float64, error) { return 0, errors.New("refused") }
		},
		"a named port": func(w *world, _ *Settings) {
			w.api.Change(servicePath, func(o map[string]any) {
				_ = unstructured.SetNestedSlice(o, []any{object{"name": "http", "port": int64(80), "targetPort": "http"}}, "spec", "ports")
			})
		},
		"a headless Service": func(w *world, _ *Settings) {
			w.api.Change(servicePath, func(o map[string]any) { _ = unstructured.SetNestedField(o, "None", "spec", "clusterIP") })
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			var looks atomic.Int32
			var log strings.Builder
			acts := w.activators(1, func(_ int, s *Settings) {
				s.Log = slog.New(slog.NewTextHandler(&log, nil))
				prepare(w, s)
				idle := s.Idle
				s.Idle = func(ctx context.Context) (bool, error) { looks.Add(1); return idle(ctx) }
			})
			// Twice the checks after which it would be at zero.
			until(t, "its activity has been checked often enough", func() bool { return looks.Load() > 2*int32(quick.Idle/quick.Look) })
			if got := w.writes(0); !slices.Equal(got, []string{"record awake"}) {
				t.Errorf("writes: %q", got)
			}
			acts[0].kill()
			if want, got := said[name], log.String(); strings.Count(got, "although its activity is 0") != min(1, len(want)) || !strings.Contains(got, want) {
				t.Errorf("want %q once in the log:\n%s", want, got)
			}
		})
	}
}

// Requests through one replica may not be in Prometheus yet when the other replica checks.
func TestUseThatOnlyOneReplicaSeesEndsTheDescent(t *testing.T) {
	w := newWorld(t)
	var armed, sent atomic.Bool
	w.api.Before = func(rw http.ResponseWriter, r *http.Request) bool {
		// During the first replica's descent, before it reads the record for the last time.
		if r.UserAgent() == "activator-0" && r.Method == http.MethodGet && r.URL.Path == leasePath && w.armed() == 2 && w.replicas() == 1 && !sent.Swap(true) {
			armed.Store(true)
			if err := w.acts[1].get("/late"); err != nil {
				t.Error(err)
			}
			until(t, "the second replica has recorded it", func() bool {
				return w.api.Get(leasePath).GetAnnotations()["nginx-prometheus-hpa/activator-used"] != ""
			})
		}
		return false
	}
	var stop atomic.Bool
	w.activators(2, func(i int, s *Settings) {
		s.InFlight = nil // the pods do not report it
		if i == 1 {
			s.Times.Idle = time.Hour // so it records every request
		}
		s.Idle = func(context.Context) (bool, error) { return i == 0 && !stop.Load(), nil }
	})
	until(t, "there is a descent", armed.Load)
	stop.Store(true)
	w.awake()
	if slices.Contains(w.writes(0), "replicas 0") {
		t.Errorf("scaled to zero in spite of the request: %q", w.writes(0))
	}
}

func TestAZeroByHandStays(t *testing.T) {
	w := newWorld(t)
	acts := w.activators(2, func(_ int, s *Settings) { s.Idle = never })
	w.awake()
	w.setReplicas(0)
	until(t, "the activators are the endpoint", func() bool { return w.armed() == 2 && len(w.targets()) == 2 })
	for _, a := range acts {
		if err := a.get("/"); err == nil || !strings.Contains(err.Error(), "503") {
			t.Errorf("got %v, want 503", err)
		}
	}
	if w.replicas() != 0 {
		t.Error("a zero by hand was undone")
	}
	w.setReplicas(1) // by hand too
	w.awake()
	if err := w.get("/", 0, rand.IntN); err != nil {
		t.Error(err)
	}
}

func TestAZeroThatNobodyHasSeenUpIsWoken(t *testing.T) {
	w := newWorld(t)
	w.setReplicas(0)
	until(t, "there is no pod", func() bool { return len(w.targets()) == 0 })
	a := w.activators(1, nil)[0]
	if err := a.get("/"); err != nil {
		t.Error(err)
	}
}

func TestAPodThatIsLostOtherwiseIsWaitedFor(t *testing.T) {
	w := newWorld(t)
	a := w.activators(1, func(_ int, s *Settings) { s.Idle = never })[0]
	w.awake()
	before := len(w.api.Writes())
	w.mu.Lock()
	ip := w.pod.ip
	w.mu.Unlock()
	w.podSlice(false, ip)
	until(t, "the activator is the endpoint", func() bool { return w.armed() == 1 })
	answered := make(chan error, 1)
	go func() { answered <- a.get("/") }()
	until(t, "a request is held", func() bool { return a.Gate.Held() == 1 })
	w.podSlice(true, ip)
	if err := <-answered; err != nil {
		t.Error(err)
	}
	w.awake()
	if got := w.writes(before); !slices.Equal(got, []string{"slice armed", "slice disarmed"}) {
		t.Errorf("writes: %q", got)
	}
}

func TestReadinessThatFlapsReachesNGINXOnce(t *testing.T) {
	w := newWorld(t)
	w.activators(2, func(_ int, s *Settings) { s.Idle, s.Times.Steady = never, time.Hour })
	until(t, "the record has been written", func() bool { return w.leaseState() == "awake" })
	before := len(w.api.Writes())
	w.mu.Lock()
	ip := w.pod.ip
	w.mu.Unlock()
	for i := range 20 {
		w.podSlice(i%2 == 1, ip)
		until(t, "activators have seen it", func() bool {
			return len(w.acts[0].Cluster.Ready()) == i%2 && len(w.acts[1].Cluster.Ready()) == i%2 && w.armed() == 2
		})
	}
	if got := w.writes(before); !slices.Equal(got, []string{"slice armed"}) {
		t.Errorf("writes: %q", got)
	}
}

func TestOneOfTwoDies(t *testing.T) {
	t.Run("while both hold requests", func(t *testing.T) {
		w := newWorld(t)
		acts := w.activators(2, nil)
		w.asleep()
		w.busy.Store(true)
		w.noStart.Store(true)
		answered := make(chan error, 2)
		for _, a := range acts {
			go func() { answered <- a.get("/held/" + a.name) }()
		}
		until(t, "both hold one", func() bool { return acts[0].Gate.Held() == 1 && acts[1].Gate.Held() == 1 })
		acts[0].kill()
		w.announceDeath(acts[0])
		if err := <-answered; err == nil {
			t.Error("the request held by the dead activator was answered")
		}
		until(t, "only the remaining activator is an endpoint", func() bool {
			targets := w.targets()
			return len(targets) == 1 && strings.HasPrefix(targets[0], acts[1].ip+":")
		})
		w.noStart.Store(false)
		if err := <-answered; err != nil || w.count("/held/"+acts[1].name) != 1 {
			t.Errorf("the request held by the remaining activator: error %v", err)
		}
		w.awake()
	})
	// It may die after each write of the descent.
	for _, lastWrite := range []string{leasePath, ourSlice, scalePath} {
		t.Run("after it has written "+lastWrite[strings.LastIndex(lastWrite, "/")+1:], func(t *testing.T) {
			w := newWorld(t)
			dead := make(chan struct{})
			var dying, down atomic.Bool
			w.api.Before = func(rw http.ResponseWriter, r *http.Request) bool {
				if r.UserAgent() != "activator-0" || r.Method != http.MethodPut && !dying.Load() {
					return false
				}
				if dying.Load() {
					rw.WriteHeader(http.StatusGatewayTimeout)
					return true
				}
				if r.URL.Path == leasePath && w.leaseState() == "awake" {
					down.Store(true)
				}
				if down.Load() && r.URL.Path == lastWrite && dying.CompareAndSwap(false, true) {
					go func() { w.acts[0].kill(); close(dead) }()
				}
				return false
			}
			acts := w.activators(2, func(i int, s *Settings) {
				if i == 1 {
					s.Idle = never
				}
			})
			<-dead
			w.announceDeath(acts[0])
			// A terminating pod may still answer. The first request that finds no pod wakes the
			// workload.
			sent := 0
			until(t, "requests have woken the workload", func() bool {
				sent++
				path := fmt.Sprint("/after/", sent)
				if err := acts[1].get(path); err != nil || w.count(path) != 1 {
					t.Fatalf("request %d: error %v, and pods received it %d times", sent, err, w.count(path))
				}
				return w.isAwake()
			})
		})
	}
}

func TestTheAPIIsAwayWhileARequestIsHeld(t *testing.T) {
	w := newWorld(t)
	var away atomic.Bool
	var refused atomic.Int32
	w.api.Before = func(rw http.ResponseWriter, r *http.Request) bool {
		if away.Load() {
			refused.Add(1)
			rw.WriteHeader(http.StatusServiceUnavailable)
		}
		return away.Load()
	}
	a := w.activators(1, nil)[0]
	w.asleep()
	away.Store(true)
	answered := make(chan error, 1)
	go func() { answered <- a.get("/") }()
	until(t, "it has been retried often", func() bool { return refused.Load() > 5 })
	away.Store(false)
	if err := <-answered; err != nil || w.count("/") != 1 {
		t.Errorf("error %v, and pods received it %d times", err, w.count("/"))
	}
}

func TestNobodyWhoWaitsDependsOnAWatch(t *testing.T) {
	w := newWorld(t)
	a := w.activators(1, nil)[0]
	w.asleep()
	until(t, "the activator's cache has no ready pod", func() bool { return len(a.Cluster.Ready()) == 0 })
	// Now its watch of slices reports nothing.
	w.api.Mute(slicesPath)
	if err := a.get("/"); err != nil || w.count("/") != 1 {
		t.Errorf("error %v, and pods received it %d times", err, w.count("/"))
	}
	if len(a.Cluster.Ready()) != 0 {
		t.Error("the watch is not dead: the test proves nothing")
	}
}

// A replica that has scaled the workload to zero may learn late that the pod is gone, and
// see at the same time that another replica has woken the workload.
func TestNobodyStepsAsideByAWatchThatIsBehind(t *testing.T) {
	w := newWorld(t)
	var down atomic.Bool
	var looks atomic.Int32
	var acts []*act
	w.api.Before = func(_ http.ResponseWriter, r *http.Request) bool {
		if r.UserAgent() != "activator-0" {
			return false
		}
		if r.Method == http.MethodPut && r.URL.Path == scalePath && !down.Swap(true) {
			until(t, "the other replica has seen the descent", func() bool { return acts[1].Cluster.Lease().Down() && w.armed() == 2 })
			w.api.Mute(slicesPath)
		}
		// What it reads before it steps aside.
		if down.Load() && r.Method == http.MethodGet && (r.URL.Path == scalePath || r.URL.Path == leasePath) {
			looks.Add(1)
		}
		return false
	}
	w.noStart.Store(true)
	acts = w.activators(2, func(i int, s *Settings) {
		if i == 1 {
			s.Idle = never
		}
	})
	w.asleep()
	answered := make(chan error, 1)
	go func() { answered <- acts[1].get("/") }()
	until(t, "the other replica has woken it", func() bool { return w.replicas() == 1 })
	staysEndpoint := func(while string) {
		t.Helper()
		since := looks.Load()
		until(t, "it has checked again "+while, func() bool { return w.armed() == 0 || looks.Load() >= since+3 })
		if len(acts[0].Cluster.Ready()) != 1 {
			t.Error("the watch is not stale: the test proves nothing")
		}
		if len(w.targets()) == 0 {
			t.Errorf("the Service has no endpoint %s", while)
		}
	}
	staysEndpoint("while the record is down")
	if state := w.leaseState(); state != "down" {
		t.Errorf("the record is %q although no pod is ready", state)
	}
	w.api.Change(leasePath, func(o map[string]any) {
		_ = unstructured.SetNestedField(o, "awake", "metadata", "annotations", "nginx-prometheus-hpa/activator-state")
	})
	until(t, "it has seen that the record is up", func() bool { return acts[0].Cluster.Lease().Up() })
	staysEndpoint("while the record is up")
	w.api.Mute("")
	w.noStart.Store(false)
	if err := <-answered; err != nil {
		t.Error(err)
	}
	w.awake()
}

// A woken release that never becomes ready is reported as such after the last request
// has been given up.
func TestABrokenReleaseIsNotCalledAsleep(t *testing.T) {
	w := newWorld(t)
	var asked atomic.Int32
	w.api.Before = func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodGet && r.URL.Path == scalePath {
			asked.Add(1)
		}
		return false
	}
	all := metrics.New()
	a := w.activators(1, func(_ int, s *Settings) {
		s.Metrics = all.For("app", "web")
		s.Service.HoldSeconds = 1
	})[0]
	w.asleep()
	w.noStart.Store(true)
	if err := a.get("/"); err == nil || !strings.Contains(err.Error(), "503") {
		t.Errorf("got %v, want 503", err)
	}
	since := asked.Load()
	until(t, "the replicas have been checked again without a held request", func() bool { return asked.Load() >= since+3 })
	waking := `# HELP activator_state 1 for the state that the workload is in, 0 for the others.
# TYPE activator_state gauge
`
	for _, state := range []string{"asleep", "awake", "going_down", "no_ready", "stopped", "waking"} {
		waking += fmt.Sprintf("activator_state{backend_namespace=%q,backend_service=%q,state=%q} %d\n", "app", "web", state, map[bool]int{true: 1}[state == "waking"])
	}
	if err := testutil.GatherAndCompare(all.Gatherer(), strings.NewReader(waking), "activator_state"); err != nil {
		t.Error(err)
	}
	w.noStart.Store(false)
	w.awake()
}

// A held request must not wait for a Prometheus that hangs.
func TestWakingDoesNotWaitForPrometheus(t *testing.T) {
	w := newWorld(t)
	var hangs atomic.Bool
	a := w.activators(1, func(_ int, s *Settings) {
		s.Idle = func(ctx context.Context) (bool, error) {
			if hangs.Load() {
				<-ctx.Done()
				return false, ctx.Err()
			}
			return true, nil
		}
	})[0]
	w.asleep()
	hangs.Store(true)
	for range 3 {
		if err := a.get("/"); err != nil {
			t.Error(err)
		}
	}
	w.awake()
}
