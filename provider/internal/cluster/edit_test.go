// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/clustertest"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/rulefile"
)

// While a request is on its way, all edits that come are gathered; a bad one among them fails alone.
func TestEditsAreGathered(t *testing.T) {
	srv := clustertest.New(t)
	srv.PutAdapter("rules: []\n")
	c := newClient(t, srv.URL, quick)
	const n = 40
	var mu sync.Mutex
	writes := 0
	held, release := make(chan struct{}), make(chan struct{})
	hold := sync.OnceFunc(func() { close(held); <-release })
	srv.Intercept(func(r *http.Request) *metav1.Status {
		if r.Method == http.MethodPut {
			mu.Lock()
			writes++
			mu.Unlock()
			hold()
		}
		return nil
	})
	bad := errors.New("bad")
	results := make(chan error, n)
	start := func(i int) {
		results <- c.Edit(t.Context(), target, Edit{Change: func(text string) (string, error) {
			if i == n/2 {
				return "", bad
			}
			e, _ := metricRule(i)
			return rulefile.Create(text, e)
		}})
	}
	go start(0)
	<-held
	for i := 1; i < n; i++ {
		go start(i)
	}
	q := c.edits.get(target.object())
	for len(q.snapshot()) < n-1 {
		time.Sleep(time.Millisecond)
	}
	close(release)
	failed := 0
	for range n {
		if err := <-results; errors.Is(err, bad) {
			failed++
		} else if err != nil {
			t.Error(err)
		}
	}
	if failed != 1 || writes != 2 {
		t.Errorf("%d edits failed and %d requests were sent, want 1 and 2", failed, writes)
	}
	data, _ := srv.ConfigMap(target.Namespace, target.ConfigMap)
	if listed, err := rulefile.List(data[target.Key]); err != nil || len(listed) != n-1 {
		t.Errorf("got %d rules, %v, want %d", len(listed), err, n-1)
	}
}

// Edits that say what they do are made together, and one by one when one of them fails; their marks are the same.
func TestEditsAlikeAreMadeTogether(t *testing.T) {
	srv := clustertest.New(t)
	first, _ := metricRule(0)
	text, err := rulefile.Create("", first)
	if err != nil {
		t.Fatal(err)
	}
	srv.PutAdapter(text)
	c := newClient(t, srv.URL, quick)
	commit := func(create bool, from, to int) (called int, failed []int) {
		t.Helper()
		var group []*edit
		for i := from; i < to; i++ {
			e, _ := metricRule(i)
			change := rulefile.Change{Name: e.Name, Put: &e, New: create}
			group = append(group, Edit{
				Change: func(text string) (string, error) { called++; return change.Apply(text) }, Rule: e.Name, Await: true, Alike: &change,
			}.begin(t.Context(), target))
		}
		c.commit(t.Context(), group)
		for i, e := range group {
			if err := <-e.done; err != nil {
				failed = append(failed, from+i)
			}
		}
		return called, failed
	}
	if called, failed := commit(true, 1, 4); called != 0 || failed != nil {
		t.Errorf("three new rules: %d were made one by one, %v failed", called, failed)
	}
	if called, failed := commit(true, 3, 6); called != 3 || !slices.Equal(failed, []int{3}) {
		t.Errorf("one that exists among three: %d were made one by one, %v failed", called, failed)
	}
	if called, failed := commit(false, 0, 2); called != 0 || failed != nil {
		t.Errorf("two that are there already: %d were made one by one, %v failed", called, failed)
	}
	s, err := c.Read(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 6 {
		e, _ := metricRule(i)
		if _, err := rulefile.Get(s.Text, e.Name); err != nil || s.Awaited(e.Name) != (i > 0) {
			t.Errorf("rule %d: %v, awaited %v", i, err, s.Awaited(e.Name))
		}
	}
}

// Rules that are read one after the other share a request, but never one from before a change of this process.
func TestReadsAreReused(t *testing.T) {
	srv := clustertest.New(t)
	srv.PutAdapter("old")
	opts := quick
	opts.Reuse = time.Hour
	c := newClient(t, srv.URL, opts)
	var gets atomic.Int64
	srv.Intercept(func(r *http.Request) *metav1.Status {
		if r.Method == http.MethodGet {
			gets.Add(1)
		}
		return nil
	})
	read := func(want string) {
		t.Helper()
		if text, err := c.ReadText(t.Context(), target); err != nil || text != want {
			t.Errorf("got %q, %v, want %q", text, err, want)
		}
	}
	read("old")
	read("old")
	if n := gets.Load(); n != 1 {
		t.Errorf("%d requests for two reads, want 1", n)
	}
	if err := editText(c, t.Context(), false, func(string) (string, error) { return "new", nil }); err != nil {
		t.Fatal(err)
	}
	read("new")
}

// What is too large for a config map fails, and what still fits is written.
func TestTooLargeFailsAlone(t *testing.T) {
	srv := clustertest.New(t)
	srv.PutAdapter("")
	srv.InterceptBody(func(r *http.Request, body string) *metav1.Status {
		if r.Method == http.MethodPut && strings.Contains(body, "huge") {
			return &metav1.Status{Code: http.StatusRequestEntityTooLarge, Reason: metav1.StatusReasonRequestEntityTooLarge, Message: "limit is 3145728"}
		}
		return nil
	})
	c := newClient(t, srv.URL, quick)
	group := []*edit{}
	for _, more := range []string{"a", "huge", "b"} {
		group = append(group, &edit{ctx: t.Context(), target: target, done: make(chan error, 1), apply: func(text string, _ map[string]bool) (string, error) { return text + more, nil }})
	}
	c.commit(t.Context(), group)
	for i, e := range group {
		if err := <-e.done; (err != nil) != (i == 1) {
			t.Errorf("edit %d: got %v", i, err)
		}
	}
	expectText(t, srv, "ab")
}
