// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"errors"
	"net/http"
	"strings"
	"sync"
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
