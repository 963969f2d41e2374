// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const fieldManager = "terraform-provider-promadapter"

// What is noted on objects, so that a process that dies leaves no hole: whoever comes next sees what is still to be done.
const (
	// RevisionAnnotation stands on the config map, where each write of rules sets a value that was never there before, and on the
	// adapter's pod template, where it says with which of these values the pods have started.
	RevisionAnnotation = "promadapter.nginx-prometheus-hpa/revision"
	// AwaitedAnnotation stands on the config map: the rules, as config key and name, that were written together with it and whose
	// metrics nobody has seen served yet. They are separated by spaces.
	AwaitedAnnotation = "promadapter.nginx-prometheus-hpa/awaited"
)

// Snapshot is what a target held at one moment.
type Snapshot struct {
	Text string // empty when the key is missing

	target   Target
	revision string
	awaited  map[string]bool
}

// Awaited reports whether a rule was written by somebody who has not seen its metric served, or who has not come to look.
func (s Snapshot) Awaited(rule string) bool { return s.awaited[s.target.mark(rule)] }

// mark is how a rule is called in AwaitedAnnotation.
func (t Target) mark(rule string) string { return t.Key + "/" + rule }

// Read returns what a target holds. It fails with ErrConfigMapNotFound.
func (c *Client) Read(ctx context.Context, t Target) (Snapshot, error) {
	cm, err := c.configMaps.get(t.object()).ask(ctx, c.opts.Reuse, func(ctx context.Context) (*corev1.ConfigMap, error) { return c.configMap(ctx, t.object()) })
	if err != nil {
		return Snapshot{}, err
	}
	text, err := textOf(cm, t)
	return Snapshot{Text: text, target: t, revision: cm.Annotations[RevisionAnnotation], awaited: awaited(cm)}, err
}

// ReadText returns the text of a target; a key that is missing is an empty text. It fails with ErrConfigMapNotFound.
func (c *Client) ReadText(ctx context.Context, t Target) (string, error) {
	s, err := c.Read(ctx, t)
	return s.Text, err
}

// Loaded reports whether the adapter was rolled since rules were last written. A config map that we never wrote to was loaded by
// whoever wrote it. It fails with ErrDeploymentNotFound.
func (c *Client) Loaded(ctx context.Context, deployment string, s Snapshot) (bool, error) {
	if s.revision == "" {
		return true, nil
	}
	key := objectKey{s.target.Namespace, deployment}
	d, err := c.deployments.get(key).ask(ctx, c.opts.Reuse, func(ctx context.Context) (*appsv1.Deployment, error) {
		return c.deployment(ctx, key.namespace, key.name)
	})
	if err != nil {
		return false, err
	}
	return d.Spec.Template.Annotations[RevisionAnnotation] == s.revision, nil
}

func awaited(cm *corev1.ConfigMap) map[string]bool {
	set := map[string]bool{}
	for _, mark := range strings.Fields(cm.Annotations[AwaitedAnnotation]) {
		set[mark] = true
	}
	return set
}

// setAwaited writes the set back; an empty one leaves no annotation.
func setAwaited(cm *corev1.ConfigMap, set map[string]bool) {
	if len(set) == 0 {
		delete(cm.Annotations, AwaitedAnnotation)
		return
	}
	annotate(cm, AwaitedAnnotation, strings.Join(slices.Sorted(maps.Keys(set)), " "))
}

func annotate(cm *corev1.ConfigMap, key, value string) {
	if cm.Annotations == nil {
		cm.Annotations = map[string]string{}
	}
	cm.Annotations[key] = value
}

func (c *Client) configMap(ctx context.Context, key objectKey) (*corev1.ConfigMap, error) {
	ctx, cancel := context.WithTimeout(ctx, c.opts.Request)
	defer cancel()
	cm, err := c.kube.CoreV1().ConfigMaps(key.namespace).Get(ctx, key.name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil, fmt.Errorf("%w: %s/%s: %w", ErrConfigMapNotFound, key.namespace, key.name, err)
	}
	if err != nil {
		return nil, explain(err, "get", "configmaps", key.namespace, key.name)
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
