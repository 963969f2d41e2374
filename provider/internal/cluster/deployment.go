// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
)

// revision returns the value that the pod template must have for the pods to know this config map. One without our annotation,
// because somebody removed it or because we never wrote, goes by its text.
func revision(cm *corev1.ConfigMap, t Target) string {
	if r := cm.Annotations[RevisionAnnotation]; r != "" {
		return r
	}
	sum := sha256.Sum256([]byte(cm.Data[t.Key]))
	return hex.EncodeToString(sum[:])
}

// roll has the adapter load the target's text: it changes the pod template if its pods have started with another revision, which
// they have not when another process was faster. It does not wait for the roll-out. It fails with ErrDeploymentNotFound or
// ErrConfigMapNotFound.
func (c *Client) roll(ctx context.Context, t Target, deployment string) error {
	backoff := wait.Backoff{Duration: 20 * time.Millisecond, Factor: 2, Jitter: 1, Steps: 6, Cap: time.Second}
	ctx, cancel := context.WithTimeoutCause(ctx, c.opts.Write, fmt.Errorf("deployment %s/%s kept changing for %s", t.Namespace, deployment, c.opts.Write))
	defer cancel()
	for {
		err := c.tryRoll(ctx, t, deployment)
		if !apierrors.IsConflict(err) {
			return err
		}
		if waitErr := pause(ctx, backoff.Step()); waitErr != nil {
			return fmt.Errorf("%w: %w", waitErr, err)
		}
	}
}

// tryRoll reads the Deployment before the config map and patches only that version of it, so that a revision never replaces a
// newer one.
func (c *Client) tryRoll(ctx context.Context, t Target, deployment string) error {
	d, err := c.deployment(ctx, t.Namespace, deployment)
	if err != nil {
		return err
	}
	cm, err := c.configMap(ctx, t.object())
	if err != nil {
		return err
	}
	want := revision(cm, t)
	if d.Spec.Template.Annotations[RevisionAnnotation] == want {
		return nil
	}
	patch, err := json.Marshal(map[string]any{
		"metadata": map[string]any{"resourceVersion": d.ResourceVersion},
		"spec":     map[string]any{"template": map[string]any{"metadata": map[string]any{"annotations": map[string]string{RevisionAnnotation: want}}}},
	})
	if err != nil {
		return fmt.Errorf("cannot encode the patch for deployment %s/%s: %w", t.Namespace, deployment, err)
	}
	ctx, cancel := context.WithTimeout(ctx, c.opts.Request)
	defer cancel()
	defer c.deployments.get(objectKey{t.Namespace, deployment}).forget()
	_, err = c.kube.AppsV1().Deployments(t.Namespace).Patch(ctx, deployment, types.MergePatchType, patch, metav1.PatchOptions{FieldManager: fieldManager})
	if err != nil {
		return explain(err, "patch", "deployments", t.Namespace, deployment)
	}
	return nil
}

func (c *Client) deployment(ctx context.Context, namespace, name string) (*appsv1.Deployment, error) {
	ctx, cancel := context.WithTimeout(ctx, c.opts.Request)
	defer cancel()
	d, err := c.kube.AppsV1().Deployments(namespace).Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil, fmt.Errorf("%w: %s/%s: %w", ErrDeploymentNotFound, namespace, name, err)
	}
	if err != nil {
		return nil, explain(err, "get", "deployments", namespace, name)
	}
	return d, nil
}
