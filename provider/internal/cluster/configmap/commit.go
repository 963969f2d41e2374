// SPDX-License-Identifier: Apache-2.0

package configmap

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/connection"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/rulefile"
)

const (
	// gather is how long the first change waits for others: operations that start together write at nearly the same time.
	gather = 10 * time.Millisecond
	// patience is how long conflicting writes are retried.
	patience = time.Minute
)

// Change is a change of one rule and of its note in PendingAnnotation.
type Change struct {
	rulefile.Change
	Pending bool // if the text changes, note that the rule's metric has not been seen yet: see PendingAnnotation
}

// Apply changes a target with optimistic concurrency: conflicting writes are retried for up to a minute.
// Changes by this process to the same config map that arrive while a request is in flight are sent together in the next one (group
// commit), so that 200 of them take about 20 requests when Terraform runs ten operations at a time. Each change fails on its own: a
// refused change does not keep the others from being written. A config map that does not exist is created, except for a deletion,
// which fails with ErrNotFound.
func (c *Client) Apply(ctx context.Context, t Target, change Change) error {
	return c.send(&request{ctx: ctx, target: t, change: &change, done: make(chan error, 1)})
}

// Served removes the notes that the metrics of these rules have not been seen yet.
func (c *Client) Served(ctx context.Context, t Target, rules []string) error {
	err := c.send(&request{ctx: ctx, target: t, served: rules, done: make(chan error, 1)})
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

// Busy reports whether this process is writing to a target's config map.
func (c *Client) Busy(t Target) bool {
	q := c.queues.Get(t.Object())
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.busy
}

// request is something to be written.
type request struct {
	ctx    context.Context //nolint:containedctx // that of a waiting caller
	target Target
	change *Change  // nil if only notes are removed
	served []string // rules whose notes are removed
	done   chan error
}

// needsConfigMap reports whether there is nothing to do without a config map.
func (r *request) needsConfigMap() bool { return r.change == nil || r.change.Op == rulefile.Delete }

// queue gathers the requests for one config map.
type queue struct {
	mu      sync.Mutex
	waiting []*request
	busy    bool
}

func (c *Client) send(r *request) error {
	q := c.queues.Get(r.target.Object())
	q.mu.Lock()
	q.waiting = append(q.waiting, r)
	if !q.busy {
		q.busy = true
		go c.commitAll(context.WithoutCancel(r.ctx), q)
	}
	q.mu.Unlock()
	return <-r.done // not ctx: the caller must know whether the change was written; commit ends once no caller waits
}

func (c *Client) commitAll(ctx context.Context, q *queue) {
	time.Sleep(gather)
	for {
		q.mu.Lock()
		group := q.waiting
		q.waiting = nil
		q.busy = len(group) > 0
		q.mu.Unlock()
		if len(group) == 0 {
			return
		}
		c.commit(ctx, group)
	}
}

// commit writes a group and answers each of its requests.
func (c *Client) commit(ctx context.Context, group []*request) {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("others kept writing to config map %s for %s", group[0].target.Object(), patience))
	defer cancel()
	ctx, stop := untilNobodyWants(ctx, group)
	defer stop()

	var last error
	backoff := wait.Backoff{Duration: 10 * time.Millisecond, Factor: 2, Jitter: 1, Steps: 8, Cap: time.Second}
	ended := backoff.DelayFunc().Until(ctx, true, true, func(ctx context.Context) (bool, error) {
		group, last = c.tryCommit(ctx, group)
		if apierrors.IsConflict(last) || apierrors.IsAlreadyExists(last) {
			return false, nil
		}
		return len(group) == 0, last
	})
	switch {
	case len(group) == 0:
	case ended == last: //nolint:errorlint // tryCommit failed, not the wait for the next try
		c.fail(ctx, group, last)
	default:
		answerAll(group, fmt.Errorf("%w: %w", context.Cause(ctx), last))
	}
}

// fail answers requests that could not be written. If the API server finds the result too large or invalid, one of them may be the
// cause, so they are tried one by one.
func (c *Client) fail(ctx context.Context, left []*request, err error) {
	if len(left) > 1 && (apierrors.IsInvalid(err) || apierrors.IsRequestEntityTooLargeError(err) || apierrors.IsBadRequest(err)) {
		for _, r := range left {
			c.commit(ctx, []*request{r})
		}
		return
	}
	answerAll(left, err)
}

func answerAll(group []*request, err error) {
	for _, r := range group {
		r.done <- err
	}
}

// untilNobodyWants cancels the context when the contexts of all requests have ended.
func untilNobodyWants(ctx context.Context, group []*request) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	var wanted atomic.Int64
	wanted.Store(int64(len(group)))
	var stops []func() bool
	for _, r := range group {
		stops = append(stops, context.AfterFunc(r.ctx, func() {
			if wanted.Add(-1) == 0 {
				cancel(context.Cause(r.ctx))
			}
		}))
	}
	return ctx, func() {
		for _, stop := range stops {
			stop()
		}
		cancel(nil)
	}
}

// tryCommit applies a group to the current config map and writes it once. It answers all requests except those that it returns, which
// were not written because of the error.
func (c *Client) tryCommit(ctx context.Context, group []*request) (left []*request, err error) {
	key := group[0].target.Object()
	cm, err := c.get(ctx, key)
	missing := errors.Is(err, ErrNotFound)
	if err != nil && !missing {
		return group, err
	}
	notFound := err
	if missing {
		cm = &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: key.Namespace, Name: key.Name}}
	}

	byTarget := map[Target][]*request{}
	for _, r := range group {
		switch err := context.Cause(r.ctx); {
		case err != nil:
			r.done <- err
		case missing && r.needsConfigMap():
			r.done <- notFound
		default:
			byTarget[r.target] = append(byTarget[r.target], r)
		}
	}
	notes := pending(cm)
	before := maps.Clone(notes)
	changed := false
	for t, requests := range byTarget {
		done, some := applyTo(cm, t, requests, notes)
		left, changed = append(left, done...), changed || some
	}
	if len(left) == 0 {
		return nil, nil
	}
	if changed {
		metav1.SetMetaDataAnnotation(&cm.ObjectMeta, connection.RevisionAnnotation, rand.Text())
	}
	setPending(cm, notes)
	if changed || missing || !maps.Equal(notes, before) {
		if err := c.write(ctx, cm, missing); err != nil {
			return left, err
		}
	}
	answerAll(left, nil)
	return nil, nil
}

// applyTo applies the changes of one text to the object in memory, and updates the notes. It answers requests that fail, which change
// nothing, and returns the others.
func applyTo(cm *corev1.ConfigMap, t Target, requests []*request, notes map[string]bool) (done []*request, changed bool) {
	text, err := textOf(cm, t)
	if err != nil {
		answerAll(requests, err)
		return nil, false
	}
	var changes []rulefile.Change
	for _, r := range requests {
		if r.change != nil {
			changes = append(changes, r.change.Change)
		}
	}
	after, results := rulefile.Apply(text, changes)
	for _, r := range requests {
		if r.change == nil {
			for _, rule := range r.served {
				delete(notes, t.note(rule))
			}
			done = append(done, r)
			continue
		}
		result := results[0]
		results = results[1:]
		switch note := t.note(r.change.Name); {
		case result.Err != nil:
			r.done <- result.Err
			continue
		case !r.change.Pending:
			delete(notes, note)
		case result.Changed:
			notes[note] = true
		}
		done = append(done, r)
		changed = changed || result.Changed
	}
	if after != text {
		if cm.Data == nil {
			cm.Data = map[string]string{}
		}
		cm.Data[t.Key] = after
	}
	return done, changed
}
