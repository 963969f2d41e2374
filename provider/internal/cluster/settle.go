// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/watch"
)

// settle waits until nobody has changed the config map for a moment and no operation has joined, so that rules applied side by
// side share one roll-out. It is an economy and not a promise: where the config map cannot be watched, others are not seen.
func (c *Client) settle(ctx context.Context, t Target, joined <-chan struct{}, handedOver func() bool) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	q := &quiet{
		joined: joined, handedOver: handedOver,
		busy: func() bool { return !c.edits.get(t.object()).idle() }, pause: c.opts.Quiet, limit: c.opts.Settle,
	}
	selector := fields.OneTermEqualSelector("metadata.name", t.ConfigMap).String()
	if w, err := c.kube.CoreV1().ConfigMaps(t.Namespace).Watch(ctx, metav1.ListOptions{FieldSelector: selector}); err == nil {
		defer w.Stop()
		q.events = w.ResultChan()
	}
	return q.wait(ctx)
}

// quiet is the wait for a moment in which nothing happens.
type quiet struct {
	joined <-chan struct{}    // operations of this process
	busy   func() bool        // one of them is writing
	events <-chan watch.Event // of the config map, whoever changes it
	pause  time.Duration      // how long nothing must have happened
	limit  time.Duration      // for what others do: they may never stop

	handedOver func() bool // operations have returned for others to take their place, which a busy Terraform may be slow to begin

	last string // revision of the config map when it was last seen
}

func (q *quiet) wait(ctx context.Context) error {
	silence, end := time.NewTimer(q.pause), time.NewTimer(q.limit)
	defer silence.Stop()
	defer end.Stop()
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-q.joined:
			silence.Reset(q.patience())
			end.Reset(q.limit)
		case <-silence.C:
			if !q.busy() {
				return nil
			}
			silence.Reset(q.pause)
		case <-end.C:
			if !q.busy() {
				return nil
			}
			end.Reset(q.pause)
		case event, ok := <-q.events:
			if !ok {
				q.events = nil // the watch has ended; a nil channel never delivers
			} else if q.changed(event) {
				silence.Reset(q.pause)
			}
		}
	}
}

// patience returns how long to wait for the next operation.
func (q *quiet) patience() time.Duration {
	if q.handedOver() {
		return 3 * q.pause
	}
	return q.pause
}

// changed reports whether an event is about rules, and not only about what is noted beside them.
func (q *quiet) changed(event watch.Event) bool {
	cm, ok := event.Object.(*corev1.ConfigMap)
	if !ok {
		return true
	}
	same := q.last != "" && q.last == cm.Annotations[RevisionAnnotation]
	q.last = cm.Annotations[RevisionAnnotation]
	return !same
}
