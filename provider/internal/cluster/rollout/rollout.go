// SPDX-License-Identifier: Apache-2.0

package rollout

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/cache"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/connection"
)

// ErrNotFound is returned when there is no such Deployment.
var ErrNotFound = errors.New("deployment not found")

// patience is how long conflicting patches are retried.
const patience = time.Minute

// Client rolls Deployments. It is safe for use by several goroutines.
type Client struct {
	kube         kubernetes.Interface
	poll, maxAge time.Duration

	reads cache.Map[types.NamespacedName, cache.Value[*appsv1.Deployment]]
}

// New returns a client that polls every poll what it cannot watch. Revision may return a result as old as maxAge, but changes by this
// process are always seen.
func New(kube kubernetes.Interface, poll, maxAge time.Duration) *Client {
	return &Client{kube: kube, poll: poll, maxAge: maxAge}
}

// Revision returns what the pod template of a Deployment was last stamped with. It fails with ErrNotFound.
func (c *Client) Revision(ctx context.Context, name types.NamespacedName) (string, error) {
	d, err := c.reads.Get(name).Get(ctx, c.maxAge, func(ctx context.Context) (*appsv1.Deployment, error) { return c.get(ctx, name) })
	if err != nil {
		return "", err
	}
	return d.Spec.Template.Annotations[connection.RevisionAnnotation], nil
}

// Stamp restarts the pods by a change of their template, unless they were started with this revision, for example by a faster process.
// It does not wait for them. It fails with ErrNotFound, and with the error of revision. It reads the Deployment before the revision,
// and patches only that version of it, so that a revision never replaces a newer one.
func (c *Client) Stamp(ctx context.Context, name types.NamespacedName, revision func(context.Context) (string, error)) error {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("deployment %s kept changing for %s", name, patience))
	defer cancel()
	var conflict error
	backoff := wait.Backoff{Duration: 20 * time.Millisecond, Factor: 2, Jitter: 1, Steps: 6, Cap: time.Second}
	err := backoff.DelayFunc().Until(ctx, true, true, func(ctx context.Context) (bool, error) {
		err := c.tryStamp(ctx, name, revision)
		if apierrors.IsConflict(err) {
			conflict = err
			return false, nil
		}
		conflict = nil
		return true, err
	})
	if conflict != nil {
		return fmt.Errorf("%w: %w", context.Cause(ctx), conflict)
	}
	return err
}

func (c *Client) tryStamp(ctx context.Context, name types.NamespacedName, revision func(context.Context) (string, error)) error {
	d, err := c.get(ctx, name)
	if err != nil {
		return err
	}
	want, err := revision(ctx)
	if err != nil || d.Spec.Template.Annotations[connection.RevisionAnnotation] == want {
		return err
	}
	patch, err := json.Marshal(map[string]any{
		"metadata": map[string]any{"resourceVersion": d.ResourceVersion},
		"spec":     map[string]any{"template": map[string]any{"metadata": map[string]any{"annotations": map[string]string{connection.RevisionAnnotation: want}}}},
	})
	if err != nil {
		return fmt.Errorf("cannot encode the patch for deployment %s: %w", name, err)
	}
	ctx, cancel := context.WithTimeout(ctx, connection.RequestTimeout)
	defer cancel()
	defer c.reads.Get(name).Forget()
	_, err = c.kube.AppsV1().Deployments(name.Namespace).Patch(ctx, name.Name, types.MergePatchType, patch, metav1.PatchOptions{FieldManager: connection.FieldManager})
	if err != nil {
		return connection.Explain(err, "patch", "deployments", name.Namespace, name.Name)
	}
	return nil
}

func (c *Client) get(ctx context.Context, name types.NamespacedName) (*appsv1.Deployment, error) {
	ctx, cancel := context.WithTimeout(ctx, connection.RequestTimeout)
	defer cancel()
	d, err := c.kube.AppsV1().Deployments(name.Namespace).Get(ctx, name.Name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil, fmt.Errorf("%w: %s: %w", ErrNotFound, name, err)
	}
	if err != nil {
		return nil, connection.Explain(err, "get", "deployments", name.Namespace, name.Name)
	}
	return d, nil
}
