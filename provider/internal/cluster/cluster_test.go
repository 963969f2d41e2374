// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/clustertest"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/rule"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/rulefile"
)

var target = Target{Namespace: "monitoring", ConfigMap: "adapter-config", Key: "config.yaml"}

// quick keeps the waits of a test short. None of them decides whether it passes.
var quick = Options{Quiet: time.Millisecond, Settle: time.Minute, Poll: time.Millisecond}

func newClient(t *testing.T, url string, opts Options) *Client {
	t.Helper()
	c, err := New(&rest.Config{Host: url}, opts)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// editText changes the text without a rule in mind.
func editText(c *Client, ctx context.Context, create bool, change func(string) (string, error)) error {
	return c.Edit(ctx, target, Edit{Change: change, Create: create})
}

func appendText(more string) func(string) (string, error) {
	return func(text string) (string, error) { return text + more, nil }
}

func expectText(t *testing.T, srv *clustertest.Server, want string) {
	t.Helper()
	if data, ok := srv.ConfigMap(target.Namespace, target.ConfigMap); !ok || data[target.Key] != want {
		t.Errorf("config map holds %q (exists %v), want %q", data[target.Key], ok, want)
	}
}

func TestEditText(t *testing.T) {
	srv := clustertest.New(t)
	c := newClient(t, srv.URL, quick)

	if err := editText(c, t.Context(), false, appendText("a")); !errors.Is(err, ErrConfigMapNotFound) {
		t.Errorf("got %v without the config map, want %v", err, ErrConfigMapNotFound)
	}
	if err := editText(c, t.Context(), true, appendText("a")); err != nil {
		t.Fatal(err)
	}
	expectText(t, srv, "a")

	srv.PutConfigMap(target.Namespace, target.ConfigMap, map[string]string{target.Key: "b", "other": "kept"})
	if err := editText(c, t.Context(), true, appendText("c")); err != nil {
		t.Fatal(err)
	}
	expectText(t, srv, "bc")
	if data, _ := srv.ConfigMap(target.Namespace, target.ConfigMap); data["other"] != "kept" {
		t.Errorf("another key of the config map was lost: %v", data)
	}
	stop := errors.New("stop")
	if err := editText(c, t.Context(), true, func(string) (string, error) { return "x", stop }); !errors.Is(err, stop) {
		t.Errorf("got %v, want the error of the edit", err)
	}
	expectText(t, srv, "bc")
}

func TestEditTextWritesOnlyChanges(t *testing.T) {
	srv := clustertest.New(t)
	srv.PutAdapter("rules: []\n")
	srv.Intercept(func(r *http.Request) *metav1.Status {
		if r.Method != http.MethodGet {
			t.Errorf("unexpected %s %s", r.Method, r.URL)
		}
		return nil
	})
	if err := editText(newClient(t, srv.URL, quick), t.Context(), true, appendText("")); err != nil {
		t.Fatal(err)
	}
}

// Another writer comes first twice: the edit must be made again on what that one wrote.
func TestEditTextRetriesConflicts(t *testing.T) {
	srv := clustertest.New(t)
	srv.PutAdapter("")
	edits := 0
	err := editText(newClient(t, srv.URL, quick), t.Context(), false, func(text string) (string, error) {
		if edits++; edits <= 2 {
			srv.PutConfigMap(target.Namespace, target.ConfigMap, map[string]string{target.Key: fmt.Sprintf("other %d;", edits)})
		}
		return text + "mine", nil
	})
	if err != nil {
		t.Fatal(err)
	}
	expectText(t, srv, "other 2;mine")
}

func TestEditTextGivesUpAtTheEndOfTheContext(t *testing.T) {
	srv := clustertest.New(t)
	srv.PutAdapter("")
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("stopped by the user")
	n := 0
	err := editText(newClient(t, srv.URL, quick), ctx, false, func(text string) (string, error) {
		if n++; n == 3 {
			cancel(stop)
		}
		srv.PutConfigMap(target.Namespace, target.ConfigMap, map[string]string{target.Key: fmt.Sprint(n)})
		return "mine", nil
	})
	if err == nil || n != 3 {
		t.Errorf("got %v after %d edits, want an error after 3", err, n)
	}
}

// Two processes write ten rules each at the same time, and all of them are there afterwards.
func TestParallelWritersAllLand(t *testing.T) {
	srv := clustertest.New(t)
	foreign := "rules:\n# mine\n- seriesQuery: x\n"
	srv.PutAdapter(foreign)
	var conflicts atomic.Int32
	var g errgroup.Group
	for w := range 2 {
		c := newClient(t, srv.URL, quick)
		for i := range 10 {
			g.Go(func() error {
				tries := 0
				err := editText(c, t.Context(), false, func(text string) (string, error) {
					if tries++; tries > 1 {
						conflicts.Add(1)
					}
					return rulefile.Create(text, rulefile.Entry{
						Name: fmt.Sprintf("rule-%d-%d", w, i), Kind: rule.KindCustom, Rule: rule.Rule{SeriesQuery: "y", MetricsQuery: "y"},
					})
				})
				return err
			})
		}
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d conflicts", conflicts.Load())
	data, _ := srv.ConfigMap(target.Namespace, target.ConfigMap)
	text := data[target.Key]
	for w := range 2 {
		for i := range 10 {
			if _, err := rulefile.Get(text, fmt.Sprintf("rule-%d-%d", w, i)); err != nil {
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
	srv.PutAdapter("")
	c := newClient(t, srv.URL, quick)
	for verb, method := range map[string]string{"get": http.MethodGet, "update": http.MethodPut} {
		srv.Intercept(func(r *http.Request) *metav1.Status {
			if r.Method != method {
				return nil
			}
			return &metav1.Status{Code: http.StatusForbidden, Reason: metav1.StatusReasonForbidden, Message: "no"}
		})
		err := editText(c, t.Context(), true, appendText("x"))
		want := fmt.Sprintf("grant the verb %q on the resource %q in namespace %q", verb, "configmaps", "monitoring")
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want it to say: %s", err, want)
		}
	}
}

func TestReadTextRefusesBinaryData(t *testing.T) {
	srv := clustertest.New(t)
	srv.PutBinaryConfigMap(target.Namespace, target.ConfigMap, map[string][]byte{target.Key: {0xff}})
	if _, err := newClient(t, srv.URL, quick).ReadText(t.Context(), target); err == nil || !strings.Contains(err.Error(), "binary") {
		t.Errorf("got %v, want an error about binary data", err)
	}
}
