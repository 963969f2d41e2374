// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
)

const fieldManager = "terraform-provider-promadapter"

// ReadText returns the text of a target; a key that is missing is an empty text. It fails with ErrConfigMapNotFound.
func (c *Client) ReadText(ctx context.Context, t Target) (string, error) {
	cm, err := c.configMap(ctx, t)
	if err != nil {
		return "", err
	}
	return textOf(cm, t)
}

// EditText changes the text of a target with optimistic concurrency: edit gets the current text and returns the new one, again
// and again while others write in between, for Options.Write at most. An error of edit ends it. A config map that does not
// exist is created if create is set, else the error is ErrConfigMapNotFound.
func (c *Client) EditText(ctx context.Context, t Target, create bool, edit func(text string) (string, error)) error {
	unlock, err := c.lock(ctx, t)
	if err != nil {
		return err
	}
	defer unlock()
	ctx, cancel := context.WithTimeoutCause(ctx, c.opts.Write, fmt.Errorf("others kept writing to config map %s/%s for %s", t.Namespace, t.ConfigMap, c.opts.Write))
	defer cancel()

	backoff := wait.Backoff{Duration: 10 * time.Millisecond, Factor: 2, Jitter: 1, Steps: 8, Cap: time.Second}
	for {
		err := c.tryEdit(ctx, t, create, edit)
		if !apierrors.IsConflict(err) && !apierrors.IsAlreadyExists(err) {
			return err
		}
		if waitErr := pause(ctx, backoff.Step()); waitErr != nil {
			return fmt.Errorf("%w: %w", waitErr, err)
		}
	}
}

func (c *Client) tryEdit(ctx context.Context, t Target, create bool, edit func(string) (string, error)) error {
	cm, err := c.configMap(ctx, t)
	missing := apierrors.IsNotFound(err)
	if missing && create {
		cm = &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: t.Namespace, Name: t.ConfigMap}}
	} else if err != nil {
		return err
	}
	before, err := textOf(cm, t)
	if err != nil {
		return err
	}
	after, err := edit(before)
	if err != nil || (after == before && !missing) {
		return err
	}
	if cm.Data == nil {
		cm.Data = map[string]string{}
	}
	cm.Data[t.Key] = after

	ctx, cancel := context.WithTimeout(ctx, c.opts.Request)
	defer cancel()
	maps := c.kube.CoreV1().ConfigMaps(t.Namespace)
	if missing {
		if _, err := maps.Create(ctx, cm, metav1.CreateOptions{FieldManager: fieldManager}); err != nil {
			return explain(err, "create", "configmaps", t.Namespace, t.ConfigMap)
		}
		return nil
	}
	if _, err := maps.Update(ctx, cm, metav1.UpdateOptions{FieldManager: fieldManager}); err != nil {
		return explain(err, "update", "configmaps", t.Namespace, t.ConfigMap)
	}
	return nil
}

func (c *Client) configMap(ctx context.Context, t Target) (*corev1.ConfigMap, error) {
	ctx, cancel := context.WithTimeout(ctx, c.opts.Request)
	defer cancel()
	cm, err := c.kube.CoreV1().ConfigMaps(t.Namespace).Get(ctx, t.ConfigMap, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil, fmt.Errorf("%w: %s/%s: %w", ErrConfigMapNotFound, t.Namespace, t.ConfigMap, err)
	}
	if err != nil {
		return nil, explain(err, "get", "configmaps", t.Namespace, t.ConfigMap)
	}
	return cm, nil
}

func textOf(cm *corev1.ConfigMap, t Target) (string, error) {
	if _, ok := cm.BinaryData[t.Key]; ok {
		return "", fmt.Errorf("%s holds binary data, not text; set config_key to the key with the adapter's rules", t)
	}
	return cm.Data[t.Key], nil
}

// pause waits for a time, or until the context ends, whose cause it returns then.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
