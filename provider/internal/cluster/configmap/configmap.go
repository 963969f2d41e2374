// SPDX-License-Identifier: Apache-2.0

package configmap

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/cache"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/connection"
)

// PendingAnnotation on the config map lists the rules, as KEY/NAME separated by spaces, that were written with it and whose metrics
// have not been seen served yet. If a process dies, the next one sees what is left to do.
const PendingAnnotation = "promadapter.nginx-prometheus-hpa/awaited"

// ErrNotFound is returned when there is no such config map.
var ErrNotFound = errors.New("config map not found")

// Client reads and writes config maps. It is safe for use by several goroutines, whose work it combines: see Apply.
type Client struct {
	kube   kubernetes.Interface
	maxAge time.Duration

	reads  cache.Map[types.NamespacedName, cache.Value[*corev1.ConfigMap]]
	queues cache.Map[types.NamespacedName, queue]
}

// New returns a client. Read may return a result as old as maxAge, but changes by this process are always seen.
func New(kube kubernetes.Interface, maxAge time.Duration) *Client {
	return &Client{kube: kube, maxAge: maxAge}
}

// Target is a text with rules: one key of a config map.
type Target struct {
	Namespace string
	ConfigMap string
	Key       string
}

func (t Target) String() string {
	return fmt.Sprintf("key %q of config map %s/%s", t.Key, t.Namespace, t.ConfigMap)
}

// Object names the config map.
func (t Target) Object() types.NamespacedName {
	return types.NamespacedName{Namespace: t.Namespace, Name: t.ConfigMap}
}

// note is a rule's entry in PendingAnnotation.
func (t Target) note(rule string) string { return t.Key + "/" + rule }

// Snapshot is what a target held when it was read.
type Snapshot struct {
	Text     string // empty when the key is missing
	Revision string // of the last write by this provider; empty when there was none

	target  Target
	pending map[string]bool
}

// Pending reports whether the metric of a rule has not been seen served since the rule was written.
func (s Snapshot) Pending(rule string) bool { return s.pending[s.target.note(rule)] }

// Read returns what a target holds. It fails with ErrNotFound.
func (c *Client) Read(ctx context.Context, t Target) (Snapshot, error) {
	cm, err := c.reads.Get(t.Object()).Get(ctx, c.maxAge, func(ctx context.Context) (*corev1.ConfigMap, error) { return c.get(ctx, t.Object()) })
	if err != nil {
		return Snapshot{}, err
	}
	text, err := textOf(cm, t)
	return Snapshot{Text: text, Revision: cm.Annotations[connection.RevisionAnnotation], target: t, pending: pending(cm)}, err
}

// Revision returns the value by which an adapter that has loaded the current target is recognised. Without our annotation, because
// somebody removed it or because we never wrote, it is a hash of the text. It fails with ErrNotFound.
func (c *Client) Revision(ctx context.Context, t Target) (string, error) {
	cm, err := c.get(ctx, t.Object())
	if err != nil {
		return "", err
	}
	if r := cm.Annotations[connection.RevisionAnnotation]; r != "" {
		return r, nil
	}
	sum := sha256.Sum256([]byte(cm.Data[t.Key]))
	return hex.EncodeToString(sum[:]), nil
}

// Text returns what a target holds now, including changes by others. It fails with ErrNotFound.
func (c *Client) Text(ctx context.Context, t Target) (string, error) {
	cm, err := c.get(ctx, t.Object())
	if err != nil {
		return "", err
	}
	return textOf(cm, t)
}

// Watch returns the changes of a target's config map, whoever makes them.
func (c *Client) Watch(ctx context.Context, t Target) (watch.Interface, error) {
	selector := fields.OneTermEqualSelector("metadata.name", t.ConfigMap).String()
	return c.kube.CoreV1().ConfigMaps(t.Namespace).Watch(ctx, metav1.ListOptions{FieldSelector: selector})
}

func (c *Client) get(ctx context.Context, key types.NamespacedName) (*corev1.ConfigMap, error) {
	ctx, cancel := context.WithTimeout(ctx, connection.RequestTimeout)
	defer cancel()
	cm, err := c.kube.CoreV1().ConfigMaps(key.Namespace).Get(ctx, key.Name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil, fmt.Errorf("%w: %s: %w", ErrNotFound, key, err)
	}
	if err != nil {
		return nil, connection.Explain(err, "get", "configmaps", key.Namespace, key.Name)
	}
	return cm, nil
}

// write creates or updates a config map.
func (c *Client) write(ctx context.Context, cm *corev1.ConfigMap, create bool) error {
	ctx, cancel := context.WithTimeout(ctx, connection.RequestTimeout)
	defer cancel()
	defer c.reads.Get(types.NamespacedName{Namespace: cm.Namespace, Name: cm.Name}).Forget()
	api := c.kube.CoreV1().ConfigMaps(cm.Namespace)
	if create {
		if _, err := api.Create(ctx, cm, metav1.CreateOptions{FieldManager: connection.FieldManager}); err != nil {
			return connection.Explain(err, "create", "configmaps", cm.Namespace, cm.Name)
		}
		return nil
	}
	if _, err := api.Update(ctx, cm, metav1.UpdateOptions{FieldManager: connection.FieldManager}); err != nil {
		return connection.Explain(err, "update", "configmaps", cm.Namespace, cm.Name)
	}
	return nil
}

func textOf(cm *corev1.ConfigMap, t Target) (string, error) {
	if _, ok := cm.BinaryData[t.Key]; ok {
		return "", fmt.Errorf("%s holds binary data, not text; set config_key to the key with the adapter's rules", t)
	}
	return cm.Data[t.Key], nil
}

func pending(cm *corev1.ConfigMap) map[string]bool {
	set := map[string]bool{}
	for _, note := range strings.Fields(cm.Annotations[PendingAnnotation]) {
		set[note] = true
	}
	return set
}

// setPending writes the set back; an empty one leaves no annotation.
func setPending(cm *corev1.ConfigMap, set map[string]bool) {
	delete(cm.Annotations, PendingAnnotation)
	if len(set) > 0 {
		metav1.SetMetaDataAnnotation(&cm.ObjectMeta, PendingAnnotation, strings.Join(slices.Sorted(maps.Keys(set)), " "))
	}
}
