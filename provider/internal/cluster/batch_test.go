// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/configmap"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/connection"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/metricsapi"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/clustertest"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/rule"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/rulefile"
)

var (
	target      = configmap.Target{Namespace: "monitoring", ConfigMap: "adapter-config", Key: "config.yaml"}
	adapterName = types.NamespacedName{Namespace: "monitoring", Name: "prometheus-adapter"}
)

// quick keeps the waits of a test short. None of them decides whether it passes.
var quick = Options{Quiet: time.Millisecond, QuietLimit: time.Minute, Poll: time.Millisecond}

// calm gives Terraform enough time to start the next operation, even on a busy machine.
var calm = Options{Quiet: 1500 * time.Millisecond, QuietLimit: time.Minute, Poll: 200 * time.Millisecond, Follow: time.Hour}

func newClient(t *testing.T, url string, opts Options) *Client {
	t.Helper()
	kube, err := connection.New(&rest.Config{Host: url})
	if err != nil {
		t.Fatal(err)
	}
	return New(kube, opts)
}

func expectText(t *testing.T, srv *clustertest.Server, want string) {
	t.Helper()
	if data, ok := srv.ConfigMap(target.Namespace, target.ConfigMap); !ok || data[target.Key] != want {
		t.Errorf("config map holds %q (exists %v), want %q", data[target.Key], ok, want)
	}
}

func metricRule(i int) (rulefile.Entry, string) {
	series := fmt.Sprintf("series_%d", i)
	return rulefile.Entry{Name: fmt.Sprintf("rule-%d", i), Kind: rule.KindCustom, Rule: rule.Rule{
		SeriesQuery: series, MetricsQuery: "sum(<<.Series>>)", Resources: rule.Resources{Template: "<<.Resource>>"},
	}}, series
}

func createPending(i int) configmap.Change {
	e, _ := metricRule(i)
	return configmap.Change{Change: rulefile.Change{Op: rulefile.Create, Entry: e}, Pending: true}
}

// create does what the resource does: it writes a rule and waits until it takes effect.
func create(ctx context.Context, c *Client, i int) Outcome {
	e, series := metricRule(i)
	if err := c.ConfigMaps.Apply(ctx, target, createPending(i)); err != nil {
		return Outcome{Err: err}
	}
	return c.TakeUp(ctx, target, "prometheus-adapter", Need{Rule: e.Name, Metric: &metricsapi.Metric{API: metricsapi.CustomMetrics, Name: series, SeriesQuery: series}, Timeout: long})
}

func remove(ctx context.Context, c *Client, i int) Outcome {
	e, _ := metricRule(i)
	err := c.ConfigMaps.Apply(ctx, target, configmap.Change{Change: rulefile.Change{Op: rulefile.Delete, Entry: e}})
	if err != nil {
		return Outcome{Err: err}
	}
	return c.TakeUp(ctx, target, "prometheus-adapter", Need{Rule: e.Name, Deleted: true})
}

// apply runs n operations with the given parallelism, as Terraform does; all must succeed.
func apply(t *testing.T, c *Client, n, parallel int, operation func(context.Context, *Client, int) Outcome) {
	t.Helper()
	var g errgroup.Group
	g.SetLimit(parallel)
	for i := range n {
		g.Go(func() error {
			out := operation(t.Context(), c, i)
			if len(out.Others) > 0 {
				return fmt.Errorf("rule %d reports %v", i, out.Others)
			}
			return out.Err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
}

func adapterWithSeries(t *testing.T, n int) *clustertest.Server {
	srv := clustertest.New(t)
	srv.PutAdapter("rules: []\n")
	var series []string
	for i := range n {
		_, name := metricRule(i)
		series = append(series, name)
	}
	srv.Adapter.SetSeries(series...)
	return srv
}

func expectNothingPending(t *testing.T, c *Client, n int) {
	t.Helper()
	s, err := c.ConfigMaps.Read(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if e, _ := metricRule(i); s.Pending(e.Name) {
			t.Errorf("%s is noted as pending after its metric was seen", e.Name)
		}
	}
	if loaded, err := c.Loaded(t.Context(), adapterName, s); err != nil || !loaded {
		t.Errorf("the adapter does not count as rolled: %v, %v", loaded, err)
	}
}

// However many rules there are, an apply rolls the adapter once, or twice where Terraform runs less than ten operations at a time.
func TestRolloutsOfAnApply(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ rules, parallel, want int }{
		{1, 10, 1},
		{3, 1, 3}, // nothing can be handed over
		{4, 4, 1}, {10, 4, 2}, {50, 4, 2},
		{7, 2, 2},
		{10, 10, 1}, {11, 10, 1}, {50, 10, 1}, {200, 10, 1},
		{50, 30, 1},
	} {
		t.Run(fmt.Sprintf("%d rules, %d at a time", tt.rules, tt.parallel), func(t *testing.T) {
			t.Parallel()
			srv := adapterWithSeries(t, tt.rules)
			c := newClient(t, srv.URL, calm)
			apply(t, c, tt.rules, tt.parallel, create)
			if got := srv.Rollouts(); got != tt.want {
				t.Errorf("creating took %d rollouts, want %d", got, tt.want)
			}
			if err := srv.Adapter.LoadError(); err != nil {
				t.Error(err)
			}
			expectNothingPending(t, c, tt.rules)

			destroying := newClient(t, srv.URL, calm) // Terraform starts the provider again
			apply(t, destroying, tt.rules, tt.parallel, remove)
			if got := srv.Rollouts() - tt.want; got != tt.want {
				t.Errorf("deleting took %d rollouts, want %d", got, tt.want)
			}
			expectText(t, srv, "rules: []\n")
		})
	}
}

// Changes and deletions at the same time are one batch.
func TestMixedOperationsShareARollout(t *testing.T) {
	t.Parallel()
	srv := adapterWithSeries(t, 40)
	apply(t, newClient(t, srv.URL, calm), 20, 10, create)
	c := newClient(t, srv.URL, calm)
	apply(t, c, 40, 10, func(ctx context.Context, c *Client, i int) Outcome {
		if i < 20 {
			return remove(ctx, c, i)
		}
		return create(ctx, c, i)
	})
	if got := srv.Rollouts(); got != 2 {
		t.Errorf("got %d rollouts, want one for each of the two applies", got)
	}
	expectNothingPending(t, c, 40)
}

// Five of 25 rules have no series. The closer reports each of them by name, and their notes remain.
func TestCloserReportsForAll(t *testing.T) {
	t.Parallel()
	const rules = 25
	srv := adapterWithSeries(t, rules-5)
	c := newClient(t, srv.URL, calm)
	var mu sync.Mutex
	var missing []string
	var g errgroup.Group
	g.SetLimit(10)
	for i := range rules {
		i = rules - 1 - i // those that fail come first and are handed over
		g.Go(func() error {
			e, series := metricRule(i)
			if err := c.ConfigMaps.Apply(t.Context(), target, createPending(i)); err != nil {
				return err
			}
			out := c.TakeUp(t.Context(), target, "prometheus-adapter", Need{Rule: e.Name, Metric: &metricsapi.Metric{API: metricsapi.CustomMetrics, Name: series, SeriesQuery: series}, Timeout: 3 * time.Second})
			mu.Lock()
			defer mu.Unlock()
			if out.Err != nil {
				out.Others = append(out.Others, RuleError{e.Name, out.Err})
			}
			for _, other := range out.Others {
				var reason *metricsapi.NotServedError
				if !errors.As(other.Err, &reason) || !strings.Contains(reason.Detail, strings.Replace(other.Rule, "rule-", "series_", 1)) {
					t.Errorf("%s: got %v, want what is missing", other.Rule, other.Err)
				}
				missing = append(missing, other.Rule)
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(missing)
	if want := []string{"rule-20", "rule-21", "rule-22", "rule-23", "rule-24"}; !slices.Equal(missing, want) {
		t.Errorf("reported %v, want %v, each once", missing, want)
	}
	if srv.Rollouts() != 1 {
		t.Errorf("got %d rollouts, want 1", srv.Rollouts())
	}
	s, err := c.ConfigMaps.Read(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	for i := range rules {
		if e, _ := metricRule(i); s.Pending(e.Name) != (i >= 20) {
			t.Errorf("%s: pending is %v", e.Name, s.Pending(e.Name))
		}
	}
}

// When the adapter cannot be rolled, all waiting operations fail, and one of them reports for those that were handed over.
func TestRollFailureIsReportedForAll(t *testing.T) {
	t.Parallel()
	srv := adapterWithSeries(t, 15)
	srv.Intercept(func(r *http.Request) *metav1.Status {
		if r.Method != http.MethodPatch {
			return nil
		}
		return &metav1.Status{Code: http.StatusForbidden, Reason: metav1.StatusReasonForbidden}
	})
	c := newClient(t, srv.URL, calm)
	reported := map[string]int{}
	var mu sync.Mutex
	var g errgroup.Group
	g.SetLimit(10)
	for i := range 15 {
		g.Go(func() error {
			out := create(t.Context(), c, i)
			mu.Lock()
			defer mu.Unlock()
			e, _ := metricRule(i)
			if out.Err != nil {
				reported[e.Name]++
			}
			for _, other := range out.Others {
				reported[other.Rule]++
				if !strings.Contains(other.Err.Error(), `"patch" on the resource "deployments"`) {
					t.Errorf("got %v", other.Err)
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	for i := range 15 {
		if e, _ := metricRule(i); reported[e.Name] != 1 {
			t.Errorf("%s was reported %d times, want once", e.Name, reported[e.Name])
		}
	}
	s, err := c.ConfigMaps.Read(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	if loaded, err := c.Loaded(t.Context(), adapterName, s); loaded || err != nil {
		t.Errorf("the adapter counts as rolled: %v, %v", loaded, err)
	}
}

// An interrupt ends the wait, and the notes of what was not done remain.
func TestInterruptLeavesNotes(t *testing.T) {
	t.Parallel()
	srv := adapterWithSeries(t, 0)
	c := newClient(t, srv.URL, calm)
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("stopped by the user")
	var g errgroup.Group
	for i := range 3 {
		g.Go(func() error {
			if out := create(ctx, c, i); !errors.Is(out.Err, stop) {
				return fmt.Errorf("got %w, want the interrupt", out.Err)
			}
			return nil
		})
	}
	srv.Intercept(func(r *http.Request) *metav1.Status {
		if strings.HasPrefix(r.URL.Path, "/apis/custom.metrics.k8s.io") {
			cancel(stop)
		}
		return nil
	})
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	s, err := c.ConfigMaps.Read(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		if e, _ := metricRule(i); !s.Pending(e.Name) {
			t.Errorf("%s is not noted as pending", e.Name)
		}
	}
}

// Two processes create 25 rules each at the same time: all are written, and the adapter loads them all.
func TestTwoProcesses(t *testing.T) {
	t.Parallel()
	srv := adapterWithSeries(t, 50)
	var g errgroup.Group
	for process := range 2 {
		c := newClient(t, srv.URL, calm)
		g.Go(func() error {
			var ops errgroup.Group
			ops.SetLimit(10)
			for i := range 25 {
				ops.Go(func() error { return create(t.Context(), c, process*25+i).Err })
			}
			return ops.Wait()
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	if got := srv.Rollouts(); got > 2 {
		t.Errorf("got %d rollouts, want one, or one for each", got)
	}
	expectNothingPending(t, newClient(t, srv.URL, calm), 50)
}

// A hand edit does not count as an unfinished apply. A rule of ours that was edited and restored is rolled nevertheless: it is not known
// what the adapter has loaded in between.
func TestHandEdits(t *testing.T) {
	srv := adapterWithSeries(t, 1)
	c := newClient(t, srv.URL, quick)
	apply(t, c, 1, 1, create)
	data, _ := srv.ConfigMap(target.Namespace, target.ConfigMap)
	good := data[target.Key]

	srv.SetText(target.Namespace, target.ConfigMap, target.Key, strings.Replace(good, "series_0", "series_9", 1))
	expectNothingPending(t, c, 1)
	e, _ := metricRule(0)
	if err := c.ConfigMaps.Apply(t.Context(), target, configmap.Change{Change: rulefile.Change{Op: rulefile.Put, Entry: e}}); err != nil {
		t.Fatal(err)
	}
	expectText(t, srv, good)
	if err := rollNow(t.Context(), c); err != nil || srv.Rollouts() != 2 {
		t.Errorf("got %v and %d rollouts, want a second one", err, srv.Rollouts())
	}
}
