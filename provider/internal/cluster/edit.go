// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/rulefile"
)

// Edit is a change of one rule.
type Edit struct {
	// Change gets the current text and returns the new one. It is called again when others have written in between.
	Change func(text string) (string, error)
	// Create makes the config map if there is none; else the error is ErrConfigMapNotFound.
	Create bool
	// Rule is the name of the rule, and Await says that its metric is to be awaited: see AwaitedAnnotation.
	Rule  string
	Await bool
	// Alike is what Change does in the ordinary case, if that can be said. Edits that are written together are then made together as
	// well, at the cost of one, and Change is called only when that fails.
	Alike *rulefile.Change
}

// Edit changes the text of a target with optimistic concurrency: other processes and clients are met by trying again, for
// Options.Write at most. Edits of this process to the same config map that come while a request is on its way are sent together
// with the next one (group commit), so that 200 of them make about 200 divided by Options.Parallel requests. Each one fails for
// itself: an edit that is refused does not keep the others from being written.
func (c *Client) Edit(ctx context.Context, t Target, e Edit) error {
	return c.edit(e.begin(ctx, t))
}

// begin returns the edit as it goes on its way.
func (e Edit) begin(ctx context.Context, t Target) *edit {
	return &edit{
		ctx: ctx, done: make(chan error, 1), target: t, create: e.Create, alike: e.Alike,
		apply: func(text string, marks map[string]bool) (string, error) {
			after, err := e.Change(text)
			if err != nil || e.Rule == "" {
				return after, err
			}
			e.note(t, marks, after != text)
			return after, nil
		},
		note: func(marks map[string]bool, changed bool) { e.note(t, marks, changed) },
	}
}

// note keeps the marks of rules that are awaited.
func (e Edit) note(t Target, marks map[string]bool, changed bool) {
	mark := t.mark(e.Rule)
	if !e.Await {
		delete(marks, mark)
	} else if changed {
		marks[mark] = true
	}
}

// unmark notes that nobody has to wait for these rules any more.
func (c *Client) unmark(ctx context.Context, t Target, marks []string) error {
	err := c.edit(&edit{ctx: ctx, done: make(chan error, 1), target: t, apply: func(text string, set map[string]bool) (string, error) {
		for _, mark := range marks {
			delete(set, mark)
		}
		return text, nil
	}})
	if errors.Is(err, ErrConfigMapNotFound) {
		return nil
	}
	return err
}

// edit is an Edit on its way.
type edit struct {
	ctx    context.Context //nolint:containedctx // it is that of a caller who waits
	target Target
	create bool
	apply  func(text string, marks map[string]bool) (string, error) // marks are changed in place
	alike  *rulefile.Change                                         // what apply does to the text, if that can be said
	note   func(marks map[string]bool, changed bool)                // what apply does to the marks; set with alike
	done   chan error
}

// editQueue gathers the edits of one config map.
type editQueue struct {
	mu      sync.Mutex
	waiting []*edit
	busy    bool
}

func (q *editQueue) idle() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return !q.busy
}

// snapshot returns the edits that wait for the next request.
func (q *editQueue) snapshot() []*edit {
	q.mu.Lock()
	defer q.mu.Unlock()
	return slices.Clone(q.waiting)
}

func (c *Client) edit(e *edit) error {
	q := c.edits.get(e.target.object())
	q.mu.Lock()
	q.waiting = append(q.waiting, e)
	if !q.busy {
		q.busy = true
		go c.commitAll(context.WithoutCancel(e.ctx), q)
	}
	q.mu.Unlock()
	return <-e.done // not ctx: whether the edit was written must be known; commit ends when nobody wants it any more
}

// gather is how long the first edit waits for others: operations that were let go together write at nearly the same time.
const gather = 10 * time.Millisecond

func (c *Client) commitAll(ctx context.Context, q *editQueue) {
	_ = pause(ctx, gather) // the context has no end
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

// commit writes a group and answers each of its edits.
func (c *Client) commit(ctx context.Context, group []*edit) {
	t := group[0].target
	ctx, cancel := context.WithTimeoutCause(ctx, c.opts.Write, fmt.Errorf("others kept writing to config map %s/%s for %s", t.Namespace, t.ConfigMap, c.opts.Write))
	defer cancel()
	ctx, stop := untilNobodyWants(ctx, group)
	defer stop()

	backoff := wait.Backoff{Duration: 10 * time.Millisecond, Factor: 2, Jitter: 1, Steps: 8, Cap: time.Second}
	for {
		left, err := c.tryCommit(ctx, group)
		if len(left) == 0 {
			return
		}
		if err != nil && !apierrors.IsConflict(err) && !apierrors.IsAlreadyExists(err) {
			c.fail(ctx, left, err)
			return
		}
		group = left
		if waitErr := pause(ctx, backoff.Step()); waitErr != nil {
			answerAll(left, fmt.Errorf("%w: %w", waitErr, err))
			return
		}
	}
}

// fail answers edits that could not be written. What the API server finds too large or not valid may be the fault of one of
// them, so they are tried one by one.
func (c *Client) fail(ctx context.Context, left []*edit, err error) {
	if len(left) > 1 && (apierrors.IsInvalid(err) || apierrors.IsRequestEntityTooLargeError(err) || apierrors.IsBadRequest(err)) {
		for _, e := range left {
			c.commit(ctx, []*edit{e})
		}
		return
	}
	answerAll(left, err)
}

func answerAll(group []*edit, err error) {
	for _, e := range group {
		e.done <- err
	}
}

// untilNobodyWants ends the context when those of all edits have ended.
func untilNobodyWants(ctx context.Context, group []*edit) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	var wanted atomic.Int64
	wanted.Store(int64(len(group)))
	var stops []func() bool
	for _, e := range group {
		stops = append(stops, context.AfterFunc(e.ctx, func() {
			if wanted.Add(-1) == 0 {
				cancel(context.Cause(e.ctx))
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

// tryCommit applies a group to what is there now and writes it once. It answers all edits but those that it returns, which were
// not written because of the error.
func (c *Client) tryCommit(ctx context.Context, group []*edit) (left []*edit, err error) {
	key := group[0].target.object()
	cm, err := c.configMap(ctx, key)
	missing := errors.Is(err, ErrConfigMapNotFound)
	if err != nil && !missing {
		return group, err
	}
	if missing {
		cm = &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: key.namespace, Name: key.name}}
	}
	notFound := err

	marks := awaited(cm)
	marksBefore := maps.Clone(marks)
	rulesChanged, create := false, false
	if changed, ok := together(cm, group); ok {
		for _, e := range group {
			e.note(marks, changed[e.alike.Name])
		}
		rulesChanged = len(changed) > 0
		left, group = group, nil
	}
	for _, e := range group {
		switch changed, err := e.run(cm, marks, missing && !e.create, notFound); {
		case err != nil:
			e.done <- err
		default:
			left = append(left, e)
			rulesChanged = rulesChanged || changed
			create = create || missing
		}
	}
	if len(left) == 0 {
		return nil, nil
	}
	if rulesChanged {
		annotate(cm, RevisionAnnotation, rand.Text())
	}
	setAwaited(cm, marks)
	if rulesChanged || create || !maps.Equal(marks, marksBefore) {
		if err := c.write(ctx, cm, missing); err != nil {
			return left, err
		}
	}
	answerAll(left, nil)
	return nil, nil
}

// together applies edits to the object in memory at once, if they are alike, and returns the names of the rules that changed. If it
// is not ok, nothing has been done.
func together(cm *corev1.ConfigMap, group []*edit) (changed map[string]bool, ok bool) {
	if len(group) < 2 {
		return nil, false
	}
	t := group[0].target
	changes := make([]rulefile.Change, 0, len(group))
	for _, e := range group {
		if e.alike == nil || e.target != t || e.ctx.Err() != nil {
			return nil, false
		}
		changes = append(changes, *e.alike)
	}
	before, err := textOf(cm, t)
	if err != nil || before == "" {
		return nil, false
	}
	after, changed, ok := rulefile.Together(before, changes)
	if ok && after != before {
		cm.Data[t.Key] = after
	}
	return changed, ok
}

// run applies an edit to the object in memory; one that fails leaves no trace.
func (e *edit) run(cm *corev1.ConfigMap, marks map[string]bool, refuse bool, notFound error) (changed bool, err error) {
	if err := context.Cause(e.ctx); err != nil {
		return false, err
	}
	if refuse {
		return false, notFound
	}
	before, err := textOf(cm, e.target)
	if err != nil {
		return false, err
	}
	mine := maps.Clone(marks)
	after, err := e.apply(before, mine)
	if err != nil {
		return false, err
	}
	clear(marks)
	maps.Copy(marks, mine)
	if cm.Data == nil {
		cm.Data = map[string]string{}
	}
	if after != before {
		cm.Data[e.target.Key] = after
	}
	return after != before, nil
}

func (c *Client) write(ctx context.Context, cm *corev1.ConfigMap, create bool) error {
	ctx, cancel := context.WithTimeout(ctx, c.opts.Request)
	defer cancel()
	defer c.configMaps.get(objectKey{cm.Namespace, cm.Name}).forget()
	api := c.kube.CoreV1().ConfigMaps(cm.Namespace)
	if create {
		if _, err := api.Create(ctx, cm, metav1.CreateOptions{FieldManager: fieldManager}); err != nil {
			return explain(err, "create", "configmaps", cm.Namespace, cm.Name)
		}
		return nil
	}
	if _, err := api.Update(ctx, cm, metav1.UpdateOptions{FieldManager: fieldManager}); err != nil {
		return explain(err, "update", "configmaps", cm.Namespace, cm.Name)
	}
	return nil
}
