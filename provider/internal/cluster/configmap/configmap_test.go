// SPDX-License-Identifier: Apache-2.0

package configmap

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/connection"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/clustertest"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/rule"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/rulefile"
)

var target = Target{Namespace: "monitoring", ConfigMap: "adapter-config", Key: "config.yaml"}

func newClient(t *testing.T, srv *clustertest.Server, maxAge time.Duration) *Client {
	t.Helper()
	kube, err := connection.New(&rest.Config{Host: srv.URL})
	if err != nil {
		t.Fatal(err)
	}
	return New(kube, maxAge)
}

// change returns a change of a rule that has the name of its series.
func change(op rulefile.Op, name string) Change {
	return Change{Change: rulefile.Change{Op: op, Entry: rulefile.Entry{
		Name: name, Kind: rule.KindCustom, Rule: rule.Rule{SeriesQuery: name, MetricsQuery: "up"},
	}}}
}

// block is what change makes of a rule.
func block(names ...string) string {
	text := ""
	for _, name := range names {
		text += fmt.Sprintf("# promadapter_rule %[1]s begin\n- seriesQuery: %[1]s\n  metricsQuery: up\n# promadapter_rule %[1]s end\n", name)
	}
	return text
}

func put(srv *clustertest.Server, data map[string]string) {
	srv.PutConfigMap(target.Namespace, target.ConfigMap, data)
}

func expectText(t *testing.T, srv *clustertest.Server, want string) {
	t.Helper()
	if data, ok := srv.ConfigMap(target.Namespace, target.ConfigMap); !ok || data[target.Key] != want {
		t.Errorf("config map holds %q (exists %v), want %q", data[target.Key], ok, want)
	}
}

func TestApply(t *testing.T) {
	srv := clustertest.New(t)
	c := newClient(t, srv, 0)
	if err := c.Apply(t.Context(), target, change(rulefile.Delete, "a")); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v without the config map, want %v", err, ErrNotFound)
	}
	if err := c.Served(t.Context(), target, []string{"a"}); err != nil {
		t.Errorf("there are no notes to remove, but got: %v", err)
	}
	if err := c.Apply(t.Context(), target, change(rulefile.Put, "a")); err != nil {
		t.Fatal(err)
	}
	expectText(t, srv, "rules:\n# promadapter_rule list before: none\n"+block("a"))

	put(srv, map[string]string{target.Key: "rules: []\n", "other": "kept"})
	if err := c.Apply(t.Context(), target, change(rulefile.Put, "b")); err != nil {
		t.Fatal(err)
	}
	expectText(t, srv, "rules:\n"+block("b"))
	if data, _ := srv.ConfigMap(target.Namespace, target.ConfigMap); data["other"] != "kept" {
		t.Errorf("another key of the config map was lost: %v", data)
	}
	if err := c.Apply(t.Context(), target, change(rulefile.Create, "b")); !errors.Is(err, rulefile.ErrExists) {
		t.Errorf("got %v, want %v", err, rulefile.ErrExists)
	}
	expectText(t, srv, "rules:\n"+block("b"))
}

func TestApplyWritesOnlyChanges(t *testing.T) {
	srv := clustertest.New(t)
	srv.PutAdapter("rules:\n" + block("a"))
	srv.Intercept(func(r *http.Request) *metav1.Status {
		if r.Method != http.MethodGet {
			t.Errorf("unexpected %s %s", r.Method, r.URL)
		}
		return nil
	})
	c := newClient(t, srv, 0)
	for _, change := range []Change{change(rulefile.Put, "a"), change(rulefile.Delete, "b")} {
		if err := c.Apply(t.Context(), target, change); err != nil {
			t.Fatal(err)
		}
	}
}

// Another writer is faster twice: the change must be applied again to what that one wrote.
func TestApplyRetriesConflicts(t *testing.T) {
	srv := clustertest.New(t)
	srv.PutAdapter("rules: []\n")
	var others []string
	srv.Intercept(func(r *http.Request) *metav1.Status {
		if r.Method == http.MethodPut && len(others) < 2 {
			others = append(others, fmt.Sprintf("other-%d", len(others)))
			put(srv, map[string]string{target.Key: "rules:\n" + block(others...)})
		}
		return nil
	})
	if err := newClient(t, srv, 0).Apply(t.Context(), target, change(rulefile.Create, "mine")); err != nil {
		t.Fatal(err)
	}
	expectText(t, srv, "rules:\n"+block("other-0", "other-1", "mine"))
}

func TestApplyGivesUpAtTheEndOfTheContext(t *testing.T) {
	srv := clustertest.New(t)
	srv.PutAdapter("rules: []\n")
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("stopped by the user")
	n := 0
	srv.Intercept(func(r *http.Request) *metav1.Status {
		if r.Method == http.MethodPut {
			if n++; n == 3 {
				cancel(stop)
			}
			put(srv, map[string]string{target.Key: fmt.Sprintf("rules: [] # %d\n", n)})
		}
		return nil
	})
	if err := newClient(t, srv, 0).Apply(ctx, target, change(rulefile.Create, "a")); err == nil || n != 3 {
		t.Errorf("got %v after %d requests, want an error after 3", err, n)
	}
}

// Two processes write ten rules each at the same time, and all of them are there afterwards.
func TestParallelWritersAllLand(t *testing.T) {
	srv := clustertest.New(t)
	foreign := "rules:\n# mine\n- seriesQuery: x\n"
	srv.PutAdapter(foreign)
	var g errgroup.Group
	for process := range 2 {
		c := newClient(t, srv, 0)
		for i := range 10 {
			g.Go(func() error {
				return c.Apply(t.Context(), target, change(rulefile.Create, fmt.Sprintf("rule-%d-%d", process, i)))
			})
		}
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	data, _ := srv.ConfigMap(target.Namespace, target.ConfigMap)
	text := data[target.Key]
	file, err := rulefile.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	for process := range 2 {
		for i := range 10 {
			if _, err := file.Get(fmt.Sprintf("rule-%d-%d", process, i)); err != nil {
				t.Error(err)
			}
		}
	}
	if !strings.HasPrefix(text, foreign) {
		t.Errorf("the foreign rule changed: %q", text)
	}
}

func TestErrorsNameThePermission(t *testing.T) {
	srv := clustertest.New(t)
	srv.PutAdapter("rules: []\n")
	c := newClient(t, srv, 0)
	for verb, method := range map[string]string{"get": http.MethodGet, "update": http.MethodPut} {
		srv.Intercept(func(r *http.Request) *metav1.Status {
			if r.Method != method {
				return nil
			}
			return &metav1.Status{Code: http.StatusForbidden, Reason: metav1.StatusReasonForbidden, Message: "no"}
		})
		err := c.Apply(t.Context(), target, change(rulefile.Create, "a"))
		want := fmt.Sprintf("grant the verb %q on the resource %q in namespace %q", verb, "configmaps", "monitoring")
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want it to say: %s", err, want)
		}
	}
}

func TestReadRefusesBinaryData(t *testing.T) {
	srv := clustertest.New(t)
	srv.PutBinaryConfigMap(target.Namespace, target.ConfigMap, map[string][]byte{target.Key: {0xff}})
	if _, err := newClient(t, srv, 0).Read(t.Context(), target); err == nil || !strings.Contains(err.Error(), "binary") {
		t.Errorf("got %v, want an error about binary data", err)
	}
}

// While a request is in flight, all changes that arrive are gathered; a bad one among them fails alone.
func TestChangesAreGathered(t *testing.T) {
	srv := clustertest.New(t)
	srv.PutAdapter("rules: []\n")
	c := newClient(t, srv, 0)
	const n = 40
	var writes atomic.Int64
	held, release := make(chan struct{}), make(chan struct{})
	hold := sync.OnceFunc(func() { close(held); <-release })
	srv.Intercept(func(r *http.Request) *metav1.Status {
		if r.Method == http.MethodPut {
			writes.Add(1)
			hold()
		}
		return nil
	})
	results := make(chan error, n)
	start := func(i int) {
		if i == n/2 {
			i = 0 // which is there already
		}
		results <- c.Apply(t.Context(), target, change(rulefile.Create, fmt.Sprintf("rule-%d", i)))
	}
	go start(0)
	<-held
	for i := 1; i < n; i++ {
		go start(i)
	}
	q := c.queues.Get(target.Object())
	for waiting := 0; waiting < n-1; time.Sleep(time.Millisecond) {
		q.mu.Lock()
		waiting = len(q.waiting)
		q.mu.Unlock()
	}
	close(release)
	failed := 0
	for range n {
		if err := <-results; errors.Is(err, rulefile.ErrExists) {
			failed++
		} else if err != nil {
			t.Error(err)
		}
	}
	if failed != 1 || writes.Load() != 2 {
		t.Errorf("%d changes failed and %d requests were sent, want 1 and 2", failed, writes.Load())
	}
	data, _ := srv.ConfigMap(target.Namespace, target.ConfigMap)
	if file, err := rulefile.Parse(data[target.Key]); err != nil || len(file.List()) != n-1 {
		t.Errorf("got %q, %v, want %d rules", data[target.Key], err, n-1)
	}
}

// commitAtOnce writes changes as one group and returns which of them failed.
func commitAtOnce(t *testing.T, c *Client, changes ...Change) (failed []int) {
	t.Helper()
	var group []*request
	for _, change := range changes {
		group = append(group, &request{ctx: t.Context(), target: target, change: &change, done: make(chan error, 1)})
	}
	c.commit(t.Context(), group)
	for i, r := range group {
		if err := <-r.done; err != nil {
			failed = append(failed, i)
		}
	}
	return failed
}

// What changed is noted as pending, whether a group is applied in one pass or, because one change fails, one by one.
func TestGroupsKeepNotes(t *testing.T) {
	srv := clustertest.New(t)
	srv.PutAdapter("rules:\n" + block("rule-0"))
	c := newClient(t, srv, 0)
	group := func(op rulefile.Op, from, to int) (changes []Change) {
		for i := from; i < to; i++ {
			change := change(op, fmt.Sprintf("rule-%d", i))
			change.Pending = true
			changes = append(changes, change)
		}
		return changes
	}
	if failed := commitAtOnce(t, c, group(rulefile.Create, 1, 4)...); failed != nil {
		t.Errorf("of three new rules %v failed", failed)
	}
	if failed := commitAtOnce(t, c, group(rulefile.Create, 3, 6)...); !slices.Equal(failed, []int{0}) {
		t.Errorf("one that exists among three: %v failed", failed)
	}
	if failed := commitAtOnce(t, c, group(rulefile.Put, 0, 2)...); failed != nil {
		t.Errorf("of two that exist already %v failed", failed)
	}
	expect := func(want func(i int) bool) {
		t.Helper()
		s, err := c.Read(t.Context(), target)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 6 {
			if name := fmt.Sprintf("rule-%d", i); s.Pending(name) != want(i) || !strings.Contains(s.Text, block(name)) {
				t.Errorf("%s: pending is %v, in\n%s", name, s.Pending(name), s.Text)
			}
		}
	}
	expect(func(i int) bool { return i > 0 })
	if err := c.Served(t.Context(), target, []string{"rule-2", "rule-3"}); err != nil {
		t.Fatal(err)
	}
	if failed := commitAtOnce(t, c, change(rulefile.Put, "rule-4")); failed != nil {
		t.Error("a change without a wait failed")
	}
	expect(func(i int) bool { return i == 1 || i == 5 })
}

// Rules that are read one after another share a request, but never one from before a change by this process.
func TestReadsAreReused(t *testing.T) {
	srv := clustertest.New(t)
	srv.PutAdapter("rules: []\n")
	c := newClient(t, srv, time.Hour)
	var gets atomic.Int64
	srv.Intercept(func(r *http.Request) *metav1.Status {
		if r.Method == http.MethodGet {
			gets.Add(1)
		}
		return nil
	})
	read := func(want string) {
		t.Helper()
		if s, err := c.Read(t.Context(), target); err != nil || s.Text != want {
			t.Errorf("got %q, %v, want %q", s.Text, err, want)
		}
	}
	read("rules: []\n")
	read("rules: []\n")
	if n := gets.Load(); n != 1 {
		t.Errorf("%d requests for two reads, want 1", n)
	}
	if err := c.Apply(t.Context(), target, change(rulefile.Create, "a")); err != nil {
		t.Fatal(err)
	}
	read("rules:\n" + block("a"))
}

// What is too large for a config map fails, and what still fits is written.
func TestTooLargeFailsAlone(t *testing.T) {
	srv := clustertest.New(t)
	srv.PutAdapter("rules: []\n")
	srv.InterceptBody(func(r *http.Request, body string) *metav1.Status {
		if r.Method == http.MethodPut && strings.Contains(body, "huge") {
			return &metav1.Status{Code: http.StatusRequestEntityTooLarge, Reason: metav1.StatusReasonRequestEntityTooLarge, Message: "limit is 3145728"}
		}
		return nil
	})
	failed := commitAtOnce(t, newClient(t, srv, 0), change(rulefile.Create, "a"), change(rulefile.Create, "huge"), change(rulefile.Create, "b"))
	if !slices.Equal(failed, []int{1}) {
		t.Errorf("%v failed, want only the second", failed)
	}
	expectText(t, srv, "rules:\n"+block("a", "b"))
}
