// SPDX-License-Identifier: Apache-2.0

package rollout

import (
	"context"
	"errors"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/connection"
)

// Wait returns once all pods of the Deployment are available and of its current template. Failed requests are retried until the
// context ends; the error is then the last one, or says what was missing last. It fails at once with ErrNotFound.
func (c *Client) Wait(ctx context.Context, name types.NamespacedName) error {
	last := errors.New("no answer from the API server")
	err := wait.PollUntilContextCancel(ctx, c.poll, true, func(ctx context.Context) (bool, error) {
		d, err := c.get(ctx, name)
		if errors.Is(err, ErrNotFound) {
			return false, err
		}
		if err == nil {
			var missing string
			missing, err = c.follow(ctx, d)
			if missing == "" {
				return true, nil
			}
			last = errors.New(missing)
		}
		if err != nil && ctx.Err() == nil {
			last = err
		}
		return false, nil
	})
	if err == nil || errors.Is(err, ErrNotFound) {
		return err
	}
	return fmt.Errorf("rollout of deployment %s: %w", name, last)
}

// Progress says how many pods of the Deployment are ready, and what Wait would wait for; nothing if it would not. It fails with ErrNotFound.
func (c *Client) Progress(ctx context.Context, name types.NamespacedName) (ready int32, missing string, err error) {
	d, err := c.get(ctx, name)
	if err != nil {
		return 0, "", err
	}
	return d.Status.ReadyReplicas, missingFrom(d), nil
}

// follow watches the Deployment until nothing is missing, or until the watch or the context ends.
func (c *Client) follow(ctx context.Context, d *appsv1.Deployment) (missing string, err error) {
	missing = missingFrom(d)
	if missing == "" {
		return "", nil
	}
	w, err := c.kube.AppsV1().Deployments(d.Namespace).Watch(ctx, metav1.ListOptions{
		FieldSelector:   fields.OneTermEqualSelector("metadata.name", d.Name).String(),
		ResourceVersion: d.ResourceVersion,
	})
	if err != nil {
		return missing, connection.Explain(err, "watch", "deployments", d.Namespace, d.Name)
	}
	defer w.Stop()
	for {
		select {
		case <-ctx.Done():
			return missing, nil
		case event, ok := <-w.ResultChan():
			if !ok {
				return missing, nil
			}
			if d, ok := event.Object.(*appsv1.Deployment); ok {
				missing = missingFrom(d)
			}
			if missing == "" {
				return "", nil
			}
		}
	}
}

// missingFrom says what the rollout of a Deployment still lacks; nothing when it is complete.
func missingFrom(d *appsv1.Deployment) string {
	want := wantedReplicas(d)
	switch s := d.Status; {
	case s.ObservedGeneration < d.Generation:
		return "its change has not been observed yet"
	case s.UpdatedReplicas < want:
		return fmt.Sprintf("%d of %d pods are updated", s.UpdatedReplicas, want)
	case s.Replicas > s.UpdatedReplicas:
		return fmt.Sprintf("%d old pods are still there", s.Replicas-s.UpdatedReplicas)
	case s.AvailableReplicas < want:
		return fmt.Sprintf("%d of %d pods are available", s.AvailableReplicas, want)
	default:
		return ""
	}
}

func wantedReplicas(d *appsv1.Deployment) int32 {
	if d.Spec.Replicas == nil {
		return 1
	}
	return *d.Spec.Replicas
}
