// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"testing"

	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/connection"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/rollout"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/clustertest"
)

// rollNow rolls the adapter for an operation that waits for no metric.
func rollNow(ctx context.Context, c *Client) error {
	return c.TakeUp(ctx, target, "prometheus-adapter", Need{Rule: "a"}).Err
}

// hash is the revision of a config map without notes.
func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func TestRoll(t *testing.T) {
	srv := clustertest.New(t)
	c := newClient(t, srv.URL, quick)
	if err := rollNow(t.Context(), c); !errors.Is(err, rollout.ErrNotFound) {
		t.Errorf("got %v without the deployment, want %v", err, rollout.ErrNotFound)
	}

	srv.PutAdapter("one")
	for range 2 { // the second time there is nothing to do
		if err := rollNow(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		d := srv.Deployment("monitoring", "prometheus-adapter")
		if got := d.Spec.Template.Annotations[connection.RevisionAnnotation]; got != hash("one") || srv.Rollouts() != 1 {
			t.Errorf("annotation is %q after %d rollouts, want %q after 1", got, srv.Rollouts(), hash("one"))
		}
		if d.Spec.Template.Labels["app"] == "" {
			t.Error("the patch lost the template's labels")
		}
	}

	srv.PutConfigMap(target.Namespace, target.ConfigMap, map[string]string{target.Key: "two"})
	if err := rollNow(t.Context(), c); err != nil || srv.Rollouts() != 2 {
		t.Errorf("got %v and %d rollouts after a change, want 2", err, srv.Rollouts())
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
		t.Errorf("got %d rollouts, want 1", srv.Rollouts())
	}
}

// The config map changes after the Deployment was read and before it is patched: the newer text's hash must win.
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
	if got := d.Spec.Template.Annotations[connection.RevisionAnnotation]; got != hash("new") || srv.Rollouts() != 1 {
		t.Errorf("annotation is %q after %d rollouts, want the hash of the new text after 1", got, srv.Rollouts())
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
		t.Errorf("got %v and %d rollouts, want 1", err, srv.Rollouts())
	}
}
