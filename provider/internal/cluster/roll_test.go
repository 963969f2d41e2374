// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/clustertest"
)

func TestRoll(t *testing.T) {
	srv := clustertest.New(t)
	c := newClient(t, srv.URL, quick)
	if err := c.Roll(t.Context(), target, "prometheus-adapter"); !errors.Is(err, ErrDeploymentNotFound) {
		t.Errorf("got %v without the deployment, want %v", err, ErrDeploymentNotFound)
	}

	srv.PutAdapter("one")
	for range 2 { // the second time there is nothing to do
		if err := c.Roll(t.Context(), target, "prometheus-adapter"); err != nil {
			t.Fatal(err)
		}
		d := srv.Deployment("monitoring", "prometheus-adapter")
		if got := d.Spec.Template.Annotations[HashAnnotation]; got != Hash("one") || srv.Rollouts() != 1 {
			t.Errorf("annotation is %q after %d roll-outs, want %q after 1", got, srv.Rollouts(), Hash("one"))
		}
		if d.Spec.Template.Labels["app"] == "" {
			t.Error("the patch lost the template's labels")
		}
	}

	srv.PutConfigMap(target.Namespace, target.ConfigMap, map[string]string{target.Key: "two"})
	if err := c.Roll(t.Context(), target, "prometheus-adapter"); err != nil || srv.Rollouts() != 2 {
		t.Errorf("got %v and %d roll-outs after a change, want 2", err, srv.Rollouts())
	}
}

func TestRollsOfOneTextAreOneRollout(t *testing.T) {
	srv := clustertest.New(t)
	srv.PutAdapter("text")
	var g errgroup.Group
	for range 2 {
		c := newClient(t, srv.URL, quick)
		for range 10 {
			g.Go(func() error { return c.Roll(t.Context(), target, "prometheus-adapter") })
		}
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	if srv.Rollouts() != 1 {
		t.Errorf("got %d roll-outs, want 1", srv.Rollouts())
	}
}

// The config map changes between the look at the Deployment and the patch: the newer text's hash must win.
func TestRollNeverGoesBack(t *testing.T) {
	srv := clustertest.New(t)
	srv.PutAdapter("old")
	other := newClient(t, srv.URL, quick)
	done := false
	srv.Intercept(func(r *http.Request) *metav1.Status {
		if r.Method == http.MethodPatch && !done {
			done = true
			srv.Intercept(nil)
			srv.PutConfigMap(target.Namespace, target.ConfigMap, map[string]string{target.Key: "new"})
			if err := other.Roll(t.Context(), target, "prometheus-adapter"); err != nil {
				t.Error(err)
			}
		}
		return nil
	})
	if err := newClient(t, srv.URL, quick).Roll(t.Context(), target, "prometheus-adapter"); err != nil {
		t.Fatal(err)
	}
	d := srv.Deployment("monitoring", "prometheus-adapter")
	if got := d.Spec.Template.Annotations[HashAnnotation]; got != Hash("new") || srv.Rollouts() != 1 {
		t.Errorf("annotation is %q after %d roll-outs, want the hash of the new text after 1", got, srv.Rollouts())
	}
}

func TestRollWithoutPermissionToWatch(t *testing.T) {
	srv := clustertest.New(t)
	srv.PutAdapter("text")
	srv.Intercept(func(r *http.Request) *metav1.Status {
		if r.URL.Query().Get("watch") == "" {
			return nil
		}
		return &metav1.Status{Code: http.StatusForbidden, Reason: metav1.StatusReasonForbidden}
	})
	if err := newClient(t, srv.URL, quick).Roll(t.Context(), target, "prometheus-adapter"); err != nil || srv.Rollouts() != 1 {
		t.Errorf("got %v and %d roll-outs, want 1", err, srv.Rollouts())
	}
}

func TestQuiet(t *testing.T) {
	const pause, limit = 500 * time.Millisecond, 10 * time.Second
	tests := map[string]struct {
		events   int // one every 400 ms
		endWatch bool
		want     time.Duration
	}{
		"nothing happens":        {0, false, pause},
		"three changes":          {3, false, 3*400*time.Millisecond + pause},
		"the watch ends":         {3, true, 3*400*time.Millisecond + pause},
		"changes without an end": {1000, false, limit},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // time in here is not real
				events := make(chan watch.Event, 1)
				start := time.Now()
				go func() {
					tick := time.NewTicker(400 * time.Millisecond)
					defer tick.Stop()
					for range tt.events {
						select {
						case <-tick.C:
							events <- watch.Event{}
						case <-t.Context().Done():
							return
						}
					}
					if tt.endWatch {
						close(events)
					}
				}()
				if err := quiet(t.Context(), events, pause, limit); err != nil {
					t.Fatal(err)
				}
				if got := time.Since(start); got != tt.want {
					t.Errorf("waited %s, want %s", got, tt.want)
				}
			})
		})
	}
}
