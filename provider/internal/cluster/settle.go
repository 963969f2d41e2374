// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/watch"
)

// settle waits until nobody has changed the config map for a moment, so that rules applied side by side share one roll-out.
// It is an economy and not a promise: where the config map cannot be watched, the moment is waited for without looking.
func (c *Client) settle(ctx context.Context, t Target) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var events <-chan watch.Event
	selector := fields.OneTermEqualSelector("metadata.name", t.ConfigMap).String()
	if w, err := c.kube.CoreV1().ConfigMaps(t.Namespace).Watch(ctx, metav1.ListOptions{FieldSelector: selector}); err == nil {
		defer w.Stop()
		events = w.ResultChan()
	}
	return quiet(ctx, events, c.opts.Quiet, c.opts.Settle)
}

// quiet returns once no event has come for the given time, or after the limit.
func quiet(ctx context.Context, events <-chan watch.Event, pause, limit time.Duration) error {
	silence, end := time.NewTimer(pause), time.NewTimer(limit)
	defer silence.Stop()
	defer end.Stop()
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-silence.C:
			return nil
		case <-end.C:
			return nil
		case _, ok := <-events:
			if !ok {
				events = nil // the watch has ended; a nil channel never delivers
				continue
			}
			silence.Reset(pause)
		}
	}
}
