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
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
)

// HashAnnotation is set on the adapter's pod template to the hash of the text its pods have loaded.
const HashAnnotation = "promadapter.nginx-prometheus-hpa/config-hash"

// Hash returns what HashAnnotation holds for a text.
func Hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// Roll has the adapter load the target's text: it waits for the text to settle and changes the pod template if its pods run with
// another text. It does not wait for the roll-out. It fails with ErrDeploymentNotFound or ErrConfigMapNotFound.
func (c *Client) Roll(ctx context.Context, t Target, deployment string) error {
	if err := c.settle(ctx, t); err != nil {
		return err
	}
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

// tryRoll reads the Deployment before the text and patches only that version of it, so that a hash never replaces a newer one.
func (c *Client) tryRoll(ctx context.Context, t Target, deployment string) error {
	d, err := c.deployment(ctx, t.Namespace, deployment)
	if err != nil {
		return err
	}
	text, err := c.ReadText(ctx, t)
	if err != nil {
		return err
	}
	hash := Hash(text)
	if d.Spec.Template.Annotations[HashAnnotation] == hash {
		return nil
	}
	patch, err := json.Marshal(map[string]any{
		"metadata": map[string]any{"resourceVersion": d.ResourceVersion},
		"spec":     map[string]any{"template": map[string]any{"metadata": map[string]any{"annotations": map[string]string{HashAnnotation: hash}}}},
	})
	if err != nil {
		return fmt.Errorf("cannot encode the patch for deployment %s/%s: %w", t.Namespace, deployment, err)
	}
	ctx, cancel := context.WithTimeout(ctx, c.opts.Request)
	defer cancel()
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
