// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/clustertest"
)

// rollNow has the adapter rolled for an operation that waits for no metric.
func rollNow(ctx context.Context, c *Client) error {
	return c.TakeUp(ctx, target, "prometheus-adapter", Need{Rule: "a"}).Err
}

// hash is the revision of a config map that nobody has noted anything on.
func hash(text string) string {
	return revision(&corev1.ConfigMap{Data: map[string]string{target.Key: text}}, target)
}

func TestRoll(t *testing.T) {
	srv := clustertest.New(t)
	c := newClient(t, srv.URL, quick)
	if err := rollNow(t.Context(), c); !errors.Is(err, ErrDeploymentNotFound) {
		t.Errorf("got %v without the deployment, want %v", err, ErrDeploymentNotFound)
	}

	srv.PutAdapter("one")
	for range 2 { // the second time there is nothing to do
		if err := rollNow(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		d := srv.Deployment("monitoring", "prometheus-adapter")
		if got := d.Spec.Template.Annotations[RevisionAnnotation]; got != hash("one") || srv.Rollouts() != 1 {
			t.Errorf("annotation is %q after %d roll-outs, want %q after 1", got, srv.Rollouts(), hash("one"))
		}
		if d.Spec.Template.Labels["app"] == "" {
			t.Error("the patch lost the template's labels")
		}
	}

	srv.PutConfigMap(target.Namespace, target.ConfigMap, map[string]string{target.Key: "two"})
	if err := rollNow(t.Context(), c); err != nil || srv.Rollouts() != 2 {
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
			g.Go(func() error { return rollNow(t.Context(), c) })
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
			if err := rollNow(t.Context(), other); err != nil {
				t.Error(err)
			}
		}
		return nil
	})
	if err := rollNow(t.Context(), newClient(t, srv.URL, quick)); err != nil {
		t.Fatal(err)
	}
	d := srv.Deployment("monitoring", "prometheus-adapter")
	if got := d.Spec.Template.Annotations[RevisionAnnotation]; got != hash("new") || srv.Rollouts() != 1 {
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
	if err := rollNow(t.Context(), newClient(t, srv.URL, quick)); err != nil || srv.Rollouts() != 1 {
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
				if err := (&quiet{events: events, handedOver: func() bool { return false }, busy: func() bool { return false }, pause: pause, limit: limit}).wait(t.Context()); err != nil {
					t.Fatal(err)
				}
				if got := time.Since(start); got != tt.want {
					t.Errorf("waited %s, want %s", got, tt.want)
				}
			})
		})
	}
}
