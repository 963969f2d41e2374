// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/configmap"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/metricsapi"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/rollout"
)

// parallel is how many operations may wait before a batch hands over all but one of its own: Terraform's default parallelism.
const parallel = 10

// Need is what an operation on a rule waits for.
type Need struct {
	Rule    string             // name of the rule
	Metric  *metricsapi.Metric // to wait for; nil if the adapter only has to load the rules
	Timeout time.Duration      // for loading the rules and the metric together
	Deleted bool               // the rule was deleted: it does not matter if the adapter or the config map is gone as well
}

// judge drops errors that do not matter to this operation.
func (n Need) judge(err error) error {
	if n.Deleted && (errors.Is(err, rollout.ErrNotFound) || errors.Is(err, configmap.ErrNotFound)) {
		return nil
	}
	return err
}

// Outcome is the result of TakeUp.
type Outcome struct {
	Err error
	// Others are the rules that failed and whose operations were handed over to this one.
	Others []RuleError
}

// RuleError is what went wrong with one rule.
type RuleError struct {
	Rule string
	Err  error
}

// TakeUp makes the adapter load what was written to the target and waits for what the operation needs. With an empty deployment
// nothing is rolled: something else makes the adapter load its rules.
//
// # Batches
//
// prometheus-adapter reads its rules only when it starts, so each change takes a rollout. Terraform runs only a few operations in
// parallel (-parallelism, 10 by default) of what may be hundreds. If each of them waited for a rollout, 200 rules would take 20
// rollouts. So operations on the same Deployment and text join a batch:
//
//   - A batch collects operations until none has joined, none is being written and the config map has not been changed by others for
//     Options.Quiet, or three times as long once it has handed over. Then the adapter is rolled once. Operations that need no metric,
//     deletions for example, return; the others wait until theirs is served. Meanwhile the next batch collects; it waits until the
//     previous rollout is complete.
//   - When ten operations wait, Terraform cannot start another one. All but one are then handed over: they return at once, and the
//     remaining one, the closer, waits for their metrics as well as for its own and reports by name what is missing. Below this
//     number, each rule waits for itself.
//   - With a smaller -parallelism that number is never reached: a batch is closed with k operations waiting, and when they return
//     others take their place at once. The following batch uses k as its limit. So 200 rules take one rollout with a parallelism of
//     10 or more, and two with 2 to 9. With a parallelism of 1 nothing can be handed over, and each rule is rolled by itself.
//   - Two processes do not know of each other, but each sees the other's changes of the config map. The second one finds the first
//     one's revision on the Deployment and does not roll again.
//
// # An adapter that reloads
//
// An adapter whose replicas report in Leases which text they serve loads each text by itself (package reload). Each batch checks for
// such Leases. If there are any, nothing is rolled: operations that need no metric return, and the others wait until all replicas
// serve what the config map holds, and until their metric is served. The batch only lets hundreds of rules share one wait: it collects
// until none has joined and none is being written for Options.Gather, and does not wait for the previous one.
//
// # After a crash
//
// An operation that was handed over has told Terraform that it succeeded. So the write of a rule notes on the config map, in the
// same request, that its metric is pending (configmap.PendingAnnotation) and that the rules have changed
// (connection.RevisionAnnotation). Only a batch that has seen the metric served removes the first note, and only a rollout copies the
// second to the Deployment. After a crash, an interrupt or a failure, Snapshot.Pending and Client.Loaded report it, Terraform plans to
// make the rule ready, and the resulting operation rolls the adapter, unless it reloads, and waits again. When the context of an
// operation ends (Ctrl-C), it leaves the batch; a batch that all have left ends without a rollout.
func (c *Client) TakeUp(ctx context.Context, t configmap.Target, deployment string, need Need) Outcome {
	if deployment == "" && need.Metric == nil {
		return Outcome{}
	}
	q := c.batches.Get(batchKey{t, deployment})
	m := q.join(ctx, c, t, deployment, need)
	select {
	case out := <-m.done:
		return out
	case <-ctx.Done():
		return Outcome{Err: fmt.Errorf("interrupted before rule %q was seen to take effect in the adapter: %w", need.Rule, context.Cause(ctx))}
	}
}

type batchKey struct {
	rules      configmap.Target
	deployment string
}

// batchQueue is the batches of one Deployment and text.
type batchQueue struct {
	mu         sync.Mutex
	waiting    int    // operations that have not returned, of all batches
	collecting *batch // nil when there is none
	last       *batch // the previous one, which no longer collects; nil before the first one
	delivered  time.Time
	limit      int // how many operations waited when the last batch was closed: the limit of the next one
}

// batch is a group of operations that share a rollout, or the wait for a reload.
type batch struct {
	queue    *batchQueue
	adapter  adapter
	limit    int
	members  []*member
	joined   chan struct{} // signalled when a member joins
	rolled   chan struct{} // closed when the rollout is complete, or when there will be none
	previous *batch
	stop     context.CancelCauseFunc
}

// member is one operation in a batch.
type member struct {
	need  Need
	done  chan Outcome
	state memberState
	err   error // of one that was handed over
}

type memberState int

const (
	waits     memberState = iota
	handed                // it has returned; the closer reports for it
	closing               // its own outcome is known, but it still reports for others
	delivered             // it has its outcome, or did not wait for it
)

var errAbandoned = errors.New("no operation waits for this rollout any more")

// join adds an operation to the collecting batch, which hands over if its limit is reached.
func (q *batchQueue) join(ctx context.Context, c *Client, t configmap.Target, deployment string, need Need) *member {
	q.mu.Lock()
	defer q.mu.Unlock()
	m := &member{need: need, done: make(chan Outcome, 1)}
	b := q.collecting
	if b == nil {
		b = &batch{
			queue: q, limit: q.nextLimit(c.opts.Follow), previous: q.last,
			// The Deployment is in the namespace of the config map.
			adapter: adapter{deployment: types.NamespacedName{Namespace: t.Namespace, Name: deployment}, rules: t},
			joined:  make(chan struct{}, 1), rolled: make(chan struct{}),
		}
		q.collecting = b
		var running context.Context
		running, b.stop = context.WithCancelCause(context.WithoutCancel(ctx))
		go c.run(running, b)
	}
	b.members = append(b.members, m)
	q.waiting++
	if q.waiting >= b.limit {
		b.handOver()
	}
	select {
	case b.joined <- struct{}{}:
	default: // already signalled
	}
	context.AfterFunc(ctx, func() { b.leave(m) })
	return m
}

// nextLimit returns the number of waiting operations at which a new batch hands over. The lock is held.
func (q *batchQueue) nextLimit(follow time.Duration) int {
	if q.last != nil && q.limit >= 2 && time.Since(q.delivered) < follow {
		return min(q.limit, parallel)
	}
	return parallel
}

// handOver lets all waiting operations of the batch return except the first. The lock is held.
func (b *batch) handOver() {
	closer := true
	for _, m := range b.members {
		if m.state == waits && !closer {
			m.state = handed
			b.queue.waiting--
			m.done <- Outcome{}
		}
		closer = closer && m.state != waits
	}
}

func (b *batch) hasHandedOver() bool {
	b.queue.mu.Lock()
	defer b.queue.mu.Unlock()
	return slices.ContainsFunc(b.members, func(m *member) bool { return m.state == handed })
}

// leave removes a member whose context has ended. A batch that no member waits for ends.
func (b *batch) leave(m *member) {
	b.queue.mu.Lock()
	defer b.queue.mu.Unlock()
	if m.state == waits || m.state == closing {
		m.state = delivered
		b.queue.waiting--
	}
	if !slices.ContainsFunc(b.members, func(m *member) bool { return m.state == waits || m.state == closing }) {
		if b.queue.collecting == b {
			b.queue.collecting = nil
		}
		b.stop(errAbandoned)
	}
}

// close stops collecting.
func (b *batch) close() {
	q := b.queue
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.collecting == b {
		q.collecting = nil
	}
	q.last, q.limit = b, q.waiting
	b.previous = nil // so that batches do not keep each other in memory
}

// run takes a batch from its first member to its last outcome.
func (c *Client) run(ctx context.Context, b *batch) {
	defer b.stop(nil)
	rolled := sync.OnceFunc(func() { close(b.rolled) })
	err := b.collect(ctx, c)
	b.close()
	switch {
	case err == nil && b.adapter.reloads:
		rolled()
	case err == nil && b.adapter.deployment.Name != "":
		err = c.stamp(ctx, b.adapter)
	}
	if err != nil {
		rolled()
		b.finish(func(m *member) error { return m.need.judge(err) })
		return
	}
	var waiting []*member
	for _, m := range b.members {
		if m.need.Metric != nil {
			waiting = append(waiting, m)
		}
	}
	if len(waiting) == 0 {
		rolled()
	}
	for _, m := range b.members {
		if m.need.Metric == nil {
			b.resolve(m, nil)
		}
	}
	if len(waiting) > 0 {
		c.waitFor(ctx, b, rolled, waiting)
	}
	b.finish(nil)
}

// collect waits until the batch is complete, and finds out whether the adapter reloads.
func (b *batch) collect(ctx context.Context, c *Client) error {
	if b.previous != nil {
		select {
		case <-b.previous.rolled:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	if b.adapter.deployment.Name != "" {
		// Without permission to list Leases it is rolled: an adapter that reloads tolerates that as well.
		replicas, _, err := c.Reloads.Replicas(ctx, b.adapter.deployment, 0)
		if err != nil {
			return err
		}
		b.adapter.reloads = len(replicas) > 0
	}
	return c.debounce(ctx, b.adapter, b.joined, b.hasHandedOver)
}

// waitFor waits for the metrics of members. As they arrive, it removes the notes from the config map and resolves the members.
func (c *Client) waitFor(ctx context.Context, b *batch, rolled func(), members []*member) {
	needs := make([]Need, len(members))
	for i, m := range members {
		needs[i] = m.need
	}
	c.waitAll(ctx, b.adapter, needs, rolled, func(served []int, failed map[int]error) {
		var rules []string
		for _, i := range served {
			rules = append(rules, members[i].need.Rule)
		}
		var unnoted error
		if len(rules) > 0 {
			if err := c.ConfigMaps.Served(ctx, b.adapter.rules, rules); err != nil {
				unnoted = fmt.Errorf("the metric is served, but the config map cannot be updated to say so: %w", err)
			}
		}
		for _, i := range served {
			b.resolve(members[i], unnoted)
		}
		for i, err := range failed {
			b.resolve(members[i], err)
		}
	})
}

// resolve gives a member its outcome. The last one that waits becomes the closer if others were handed over.
func (b *batch) resolve(m *member, err error) {
	q := b.queue
	q.mu.Lock()
	defer q.mu.Unlock()
	m.err = err
	if m.state != waits {
		return
	}
	others, isHanded := 0, false
	for _, other := range b.members {
		if other != m && other.state == waits {
			others++
		}
		isHanded = isHanded || other.state == handed
	}
	if others == 0 && isHanded {
		m.state = closing
		return
	}
	b.deliver(m, Outcome{Err: err})
}

// finish gives an outcome to the members that have none yet: that of judge, if there is one. The closer also gets those of the
// members that were handed over.
func (b *batch) finish(judge func(*member) error) {
	q := b.queue
	q.mu.Lock()
	defer q.mu.Unlock()
	var others []RuleError
	for _, m := range b.members {
		if judge != nil {
			m.err = judge(m)
		}
		if m.state == handed && m.err != nil {
			others = append(others, RuleError{m.need.Rule, m.err})
		}
	}
	for _, m := range b.members {
		if m.state == waits || m.state == closing {
			b.deliver(m, Outcome{Err: m.err, Others: others})
			others = nil
		}
	}
}

// deliver lets a member return. The lock is held.
func (b *batch) deliver(m *member, out Outcome) {
	m.state = delivered
	b.queue.waiting--
	b.queue.delivered = time.Now()
	m.done <- out
}
