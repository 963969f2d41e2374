// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/metricsapi"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/reload"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/clustertest"
)

// never has quiet periods longer than any test: waiting for one before a reload fails the test.
var never = Options{Quiet: time.Hour, QuietLimit: time.Hour, Gather: time.Millisecond, Poll: time.Millisecond}

func reloadingWithSeries(t *testing.T, n int) *clustertest.Server {
	srv := adapterWithSeries(t, n)
	srv.PutReloadingAdapter("rules: []\n", "a", "b")
	return srv
}

// hears calls a function for each request whose path has a suffix, before it is answered.
func hears(srv *clustertest.Server, end string, call func()) {
	srv.Intercept(func(r *http.Request) *metav1.Status {
		if strings.HasSuffix(r.URL.Path, end) {
			call()
		}
		return nil
	})
}

// An adapter that reloads is not rolled, and operations do not wait to save rollouts.
func TestReloadsRollNothing(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ rules, parallel int }{{1, 10}, {3, 1}, {30, 4}, {50, 10}} {
		t.Run(fmt.Sprintf("%d rules, %d at a time", tt.rules, tt.parallel), func(t *testing.T) {
			t.Parallel()
			srv := reloadingWithSeries(t, tt.rules)
			c := newClient(t, srv.URL, never)
			apply(t, c, tt.rules, tt.parallel, create)
			expectNothingPending(t, c, tt.rules)
			apply(t, c, tt.rules, tt.parallel, remove)
			expectText(t, srv, "rules: []\n")
			if srv.Rollouts() != 0 {
				t.Errorf("got %d rollouts, want none", srv.Rollouts())
			}
		})
	}
}

// Rules of an apply share a wait: of 28 whose metric is missing, nine, nine and nine are handed over, and do not delay those that
// follow.
func TestReloadsShareAWait(t *testing.T) {
	t.Parallel()
	srv := reloadingWithSeries(t, 0)
	opts := calm
	opts.Gather = calm.Quiet // long enough for the next operation to begin
	c := newClient(t, srv.URL, opts)
	var g errgroup.Group
	g.SetLimit(10)
	failed := make(chan int, 28)
	for i := range 28 {
		g.Go(func() error {
			e, series := metricRule(i)
			if err := c.ConfigMaps.Apply(t.Context(), target, createPending(i)); err != nil {
				return err
			}
			out := c.TakeUp(t.Context(), target, "prometheus-adapter", Need{Rule: e.Name, Metric: &metricsapi.Metric{API: metricsapi.CustomMetrics, Name: series, SeriesQuery: series}, Timeout: short})
			if out.Err != nil {
				failed <- 1 + len(out.Others)
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	if len(failed) != 1 || <-failed != 28 {
		t.Errorf("%d operations reported what is missing, want one to report it of all 28", len(failed))
	}
}

// An apply waits for the last replica, even if the first one already serves the text.
func TestEveryReplicaIsWaitedFor(t *testing.T) {
	srv := reloadingWithSeries(t, 1)
	srv.HoldBack("b")
	c := newClient(t, srv.URL, never)
	looks := 0
	hears(srv, "/leases", func() {
		s, err := c.ConfigMaps.Read(t.Context(), target)
		if err != nil {
			t.Error(err)
		}
		if e, _ := metricRule(0); s.Revision != "" && !s.Pending(e.Name) {
			t.Error("the metric counts as served before all replicas serve it")
		}
		if looks++; looks == 4 {
			srv.HoldBack()
		}
	})
	apply(t, c, 1, 1, create)
	if looks < 4 {
		t.Errorf("the adapter was read %d times, want until all replicas serve the text", looks)
	}
}

// Loaded goes by what the replicas serve, whoever has changed the text.
func TestLoadedByLeases(t *testing.T) {
	srv := reloadingWithSeries(t, 1)
	c := newClient(t, srv.URL, never)
	apply(t, c, 1, 1, create)
	expectNothingPending(t, c, 1)
	data, _ := srv.ConfigMap(target.Namespace, target.ConfigMap)
	expect := func(when string, want bool) {
		t.Helper()
		s, err := c.ConfigMaps.Read(t.Context(), target)
		if err != nil {
			t.Fatal(err)
		}
		if loaded, err := c.Loaded(t.Context(), adapterName, s); err != nil || loaded != want {
			t.Errorf("%s loaded is %v, %v, want %v", when, loaded, err, want)
		}
	}
	srv.HoldBack("b")
	srv.SetText(target.Namespace, target.ConfigMap, target.Key, data[target.Key]+"# by hand\n")
	expect("when one replica is behind", false)
	srv.HoldBack()
	expect("when all have loaded it", true)
	srv.SetText(target.Namespace, target.ConfigMap, target.Key, "rules: 5\n")
	expect("when the text is refused", false)
	srv.SetText(target.Namespace, target.ConfigMap, target.Key, data[target.Key])
	expect("when it is put back", true)
	srv.RemoveReplica("a")
	srv.RemoveReplica("b")
	expect("when another kind of adapter takes their place, which was never rolled", false)
}

// A refused text fails all operations that wait for it at once, and a correct rule is served with the next text.
func TestARefusedTextFailsAtOnce(t *testing.T) {
	srv := reloadingWithSeries(t, 2)
	c := newClient(t, srv.URL, never)
	apply(t, c, 1, 1, create)
	data, _ := srv.ConfigMap(target.Namespace, target.ConfigMap)
	srv.HoldBack("a", "b")
	if err := c.ConfigMaps.Apply(t.Context(), target, createPending(1)); err != nil {
		t.Fatal(err)
	}
	srv.SetText(target.Namespace, target.ConfigMap, target.Key, "rules: 5\n")
	srv.HoldBack()
	e, series := metricRule(1)
	need := Need{Rule: e.Name, Metric: &metricsapi.Metric{API: metricsapi.CustomMetrics, Name: series, SeriesQuery: series}, Timeout: long}
	var refused *reload.RefusedError
	if out := c.TakeUp(t.Context(), target, "prometheus-adapter", need); !errors.As(out.Err, &refused) || refused.Pod != "a" || !strings.Contains(refused.Because, "line 1") {
		t.Errorf("got %v, want the pod and its reason", out.Err)
	}
	srv.SetText(target.Namespace, target.ConfigMap, target.Key, data[target.Key])
	apply(t, c, 1, 1, func(ctx context.Context, c *Client, _ int) Outcome { return create(ctx, c, 1) })
	expectNothingPending(t, c, 2)
}

// The adapter is replaced by one of the other kind between two applies, and while one waits.
func TestTheAdapterIsExchanged(t *testing.T) {
	srv := adapterWithSeries(t, 4)
	opts := quick
	opts.Gather = time.Millisecond
	c := newClient(t, srv.URL, opts)
	next := func(i int) {
		t.Helper()
		apply(t, c, 1, 1, func(ctx context.Context, c *Client, _ int) Outcome { return create(ctx, c, i) })
	}
	next(0)
	data, _ := srv.ConfigMap(target.Namespace, target.ConfigMap)
	srv.PutReloadingAdapter(data[target.Key], "a")
	next(1)
	if srv.Rollouts() != 1 {
		t.Errorf("got %d rollouts, want one of the adapter that needs them", srv.Rollouts())
	}
	// The pod disappears during the wait, and leaves an adapter that has to be rolled.
	srv.HoldBack("a")
	looks := 0
	hears(srv, "/leases", func() {
		if looks++; looks == 4 {
			srv.RemoveReplica("a")
		}
	})
	next(2)
	srv.Intercept(nil)
	if srv.Rollouts() != 2 {
		t.Errorf("got %d rollouts, want a second one of the adapter that came back", srv.Rollouts())
	}
	next(3)
	if srv.Rollouts() != 3 {
		t.Errorf("got %d rollouts, want a third one", srv.Rollouts())
	}
}

// After the timeout the error says what is missing with an adapter that reloads as well. Without permission to list Leases it says so.
func TestReloadSaysWhatIsMissing(t *testing.T) {
	for name, tt := range map[string]struct {
		prepare func(*clustertest.Server)
		reason  metricsapi.Reason
		want    []string
		rolls   int
	}{
		"a replica is behind": {
			prepare: func(s *clustertest.Server) { s.HoldBack("b") }, reason: metricsapi.ReasonRules,
			want: []string{"1 of 2 replicas do not serve the text of the config map: b", "get lease -l nginx-prometheus-hpa/adapter=prometheus-adapter"},
		},
		"a replica has no Lease": {
			prepare: func(s *clustertest.Server) { s.RemoveReplica("b") }, reason: metricsapi.ReasonRules, want: []string{"1 of 2 ready pods report"},
		},
		"pods are being replaced": {
			prepare: func(s *clustertest.Server) { crashLoop(s) }, reason: metricsapi.ReasonAdapter, want: []string{"not ready", "CrashLoopBackOff"},
		},
		"no series": {prepare: func(*clustertest.Server) {}, reason: metricsapi.ReasonSeries, want: []string{"Run series_0 in Prometheus"}},
		"Leases may not be listed": {
			prepare: func(s *clustertest.Server) {
				s.Intercept(func(r *http.Request) *metav1.Status {
					if strings.HasSuffix(r.URL.Path, "/leases") {
						return &metav1.Status{Code: http.StatusForbidden, Reason: metav1.StatusReasonForbidden, Message: "forbidden"}
					}
					return nil
				})
			}, reason: metricsapi.ReasonSeries,
			want:  []string{"Run series_0 in Prometheus", `grant the verb "list" on the resource "leases" in namespace "monitoring"`, "coordination.k8s.io"},
			rolls: 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			srv := reloadingWithSeries(t, 0)
			tt.prepare(srv)
			opts := quick
			opts.Gather = time.Millisecond
			c := newClient(t, srv.URL, opts)
			if err := c.ConfigMaps.Apply(t.Context(), target, createPending(0)); err != nil {
				t.Fatal(err)
			}
			e, series := metricRule(0)
			out := c.TakeUp(t.Context(), target, "prometheus-adapter", Need{
				Rule: e.Name, Metric: &metricsapi.Metric{API: metricsapi.CustomMetrics, Name: series, SeriesQuery: series}, Timeout: short,
			})
			var missing *metricsapi.NotServedError
			if !errors.As(out.Err, &missing) || missing.Reason != tt.reason {
				t.Fatalf("got %#v, want reason %d", out.Err, tt.reason)
			}
			for _, part := range tt.want {
				if !strings.Contains(missing.Detail, part) {
					t.Errorf("detail does not contain %q: %s", part, missing.Detail)
				}
			}
			if srv.Rollouts() != tt.rolls {
				t.Errorf("got %d rollouts, want %d", srv.Rollouts(), tt.rolls)
			}
		})
	}
}

// A list of Leases that fails for another reason than a permission says nothing about the adapter, so nothing is rolled.
func TestLeasesThatCannotBeSeenNow(t *testing.T) {
	srv := reloadingWithSeries(t, 1)
	srv.Intercept(func(r *http.Request) *metav1.Status {
		if strings.HasSuffix(r.URL.Path, "/leases") {
			return &metav1.Status{Code: http.StatusInternalServerError, Reason: metav1.StatusReasonInternalError, Message: "away"}
		}
		return nil
	})
	if out := create(t.Context(), newClient(t, srv.URL, quick), 0); out.Err == nil || !strings.Contains(out.Err.Error(), "cannot list leases monitoring/") || srv.Rollouts() != 0 {
		t.Errorf("got %v and %d rollouts, want the reason and none", out.Err, srv.Rollouts())
	}
}
