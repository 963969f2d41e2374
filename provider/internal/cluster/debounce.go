// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/connection"
)

// How long a config map must stay unchanged before an adapter is rolled, and the longest wait for that while others change it.
const (
	defaultQuiet      = time.Second
	defaultQuietLimit = 10 * time.Second
)

// debounce waits until the config map has not changed and no operation has joined for a while, so that rules applied in parallel share
// one rollout. It is best effort: where the config map cannot be watched, other writers are not seen. An adapter that reloads loads
// what others write anyway, so only the operations of this process have to share a wait.
func (c *Client) debounce(ctx context.Context, a adapter, joined <-chan struct{}, handedOver func() bool) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	d := &debouncer{
		joined: joined, handedOver: handedOver,
		busy: func() bool { return c.ConfigMaps.Busy(a.rules) }, quiet: c.opts.Quiet, limit: c.opts.QuietLimit,
	}
	if a.reloads {
		d.quiet = c.opts.Gather
	} else if w, err := c.ConfigMaps.Watch(ctx, a.rules); err == nil {
		defer w.Stop()
		d.events = w.ResultChan()
	}
	return d.wait(ctx)
}

// debouncer waits for a quiet period.
type debouncer struct {
	joined <-chan struct{}    // operations of this process
	busy   func() bool        // one of them is writing
	events <-chan watch.Event // of the config map, whoever changes it
	quiet  time.Duration      // how long nothing must have happened
	limit  time.Duration      // on the wait for other writers, who may never stop

	handedOver func() bool // operations have returned so that others can start, which may take a busy Terraform a while

	last string // revision of the config map when it was last seen
}

func (d *debouncer) wait(ctx context.Context) error {
	silence, end := time.NewTimer(d.quiet), time.NewTimer(d.limit)
	defer silence.Stop()
	defer end.Stop()
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-d.joined:
			silence.Reset(d.patience())
			end.Reset(d.limit)
		case <-silence.C:
			if !d.busy() {
				return nil
			}
			silence.Reset(d.quiet)
		case <-end.C:
			if !d.busy() {
				return nil
			}
			end.Reset(d.quiet)
		case event, ok := <-d.events:
			if !ok {
				d.events = nil // the watch has ended; a nil channel never delivers
			} else if d.changed(event) {
				silence.Reset(d.quiet)
			}
		}
	}
}

// patience returns how long to wait for the next operation.
func (d *debouncer) patience() time.Duration {
	if d.handedOver() {
		return 3 * d.quiet
	}
	return d.quiet
}

// changed reports whether an event is about rules, and not only about pending notes.
func (d *debouncer) changed(event watch.Event) bool {
	cm, ok := event.Object.(*corev1.ConfigMap)
	if !ok {
		return true
	}
	same := d.last != "" && d.last == cm.Annotations[connection.RevisionAnnotation]
	d.last = cm.Annotations[connection.RevisionAnnotation]
	return !same
}
