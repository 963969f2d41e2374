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

// parallel is how many operations may wait for one batch before it hands over all but one of them: how many Terraform runs side by side
// unless it is told otherwise.
const parallel = 10

// Need is what an operation on a rule wants of the adapter.
type Need struct {
	Rule    string             // name of the rule
	Metric  *metricsapi.Metric // to wait for; nil when the adapter is only to load the rules
	Timeout time.Duration      // for that and the metric together
	Deleted bool               // the rule is gone: nothing is amiss when the adapter or the config map is gone as well
}

// judge drops errors that are none for this operation.
func (n Need) judge(err error) error {
	if n.Deleted && (errors.Is(err, rollout.ErrNotFound) || errors.Is(err, configmap.ErrNotFound)) {
		return nil
	}
	return err
}

// Outcome is how taking up a rule ended.
type Outcome struct {
	Err error
	// Others are rules whose operations had been handed over to this one and that failed.
	Others []RuleError
}

// RuleError is what went wrong with one rule.
type RuleError struct {
	Rule string
	Err  error
}

// TakeUp has the adapter load what was written to the target and waits for what the operation needs. An empty deployment is not
// rolled: something else has the adapter load its rules.
//
// # Batches
//
// prometheus-adapter reads its rules only when it starts, so that each change takes a rollout, and Terraform runs only a few
// operations side by side (-parallelism, 10 unless told otherwise) of what may be hundreds. If each of them waited for a rollout, 200
// rules would take 20 of these. So operations on the same Deployment and text join a batch:
//
//   - A batch collects operations until none has joined, none is being written and the config map has not been changed by others for
//     Options.Quiet, or three times as long once it has handed over; the next one collects meanwhile and waits until the rollout
//     before it is through. Then the adapter is rolled once. Operations that want no metric, deletions for example, return; the
//     others wait until theirs is served.
//   - When ten operations wait, Terraform has no room to begin another one. All but one are then handed over: they return at once,
//     and the one that stays, the closer, waits for their metrics as well as for its own and reports what is missing by name. Up to
//     this number, each rule waits for itself.
//   - With a smaller -parallelism that number is never reached: a batch is closed with k operations waiting, and when they return
//     others take their place at once. The following batch takes k for the limit. So 200 rules take one rollout with a parallelism
//     of 10 or more and two with one of 2 to 9. With a parallelism of 1 nothing can be handed over, and each rule is rolled by itself.
//   - Two processes do not know of each other but see each other's changes of the config map, and the second one finds the
//     first one's revision on the Deployment, and does not roll again.
//
// # An adapter that reloads
//
// An adapter whose replicas say in Leases which text they serve loads each text by itself (package reload). Each batch looks whether
// there are any. Then nothing is rolled: operations that want no metric return, and the others wait until all replicas serve what the
// config map holds, and until their metric is served. A batch is made only so that hundreds of rules share a wait: it collects until none
// has joined and none is being written for Options.Gather, and does not wait for the one before.
//
// # What a process leaves behind that dies
//
// An operation that was handed over has told Terraform that it succeeded. So the write of a rule notes on the config map, in the
// same request, that its metric is pending (configmap.PendingAnnotation) and that the rules have changed
// (connection.RevisionAnnotation); only a batch that has seen the metric served takes the first note away, and only a rollout
// copies the second to the Deployment. After a crash, an interrupt or a failure, Snapshot.Pending and Client.Loaded tell, Terraform
// plans to make the rule ready, and the operation that this leads to rolls the adapter, unless it reloads, and waits again. When the
// context of an operation ends (Ctrl-C), it leaves the batch; a batch that all have left ends without rolling.
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
		return Outcome{Err: fmt.Errorf("interrupted before the adapter was seen to have taken up rule %q: %w", need.Rule, context.Cause(ctx))}
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
	last       *batch // the one before, which has stopped collecting; nil before the first one
	delivered  time.Time
	limit      int // of the last one, as it would be for the next: how many operations waited when it was closed
}

// batch is operations that share a rollout, or the wait for a reload.
type batch struct {
	queue    *batchQueue
	adapter  adapter
	limit    int
	members  []*member
	joined   chan struct{} // told of each one that joins
	rolled   chan struct{} // closed when the rollout is through, or when there will be none
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
	handed                // it has returned; the closer speaks for it
	closing               // its own outcome is known, but it has to speak for others
	delivered             // it has its outcome, or did not wait for it
)

var errAbandoned = errors.New("this rollout is not waited for any more")

// join adds an operation to the batch that collects, and hands over what can be.
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
	default: // it was told and has not looked yet
	}
	context.AfterFunc(ctx, func() { b.leave(m) })
	return m
}

// nextLimit returns after how many waiting operations a new batch hands over. The lock is held.
func (q *batchQueue) nextLimit(follow time.Duration) int {
	if q.last != nil && q.limit >= 2 && time.Since(q.delivered) < follow {
		return min(q.limit, parallel)
	}
	return parallel
}

// handOver lets all operations of the batch go but the first one that waits. The lock is held.
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

// leave takes a member out whose context has ended. A batch without any ends.
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

// close ends the collecting.
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

// run leads a batch from its first member to the last outcome.
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

// collect waits until the adapter can be rolled, or until it is enough to wait for it.
func (b *batch) collect(ctx context.Context, c *Client) error {
	if b.previous != nil {
		select {
		case <-b.previous.rolled:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	if b.adapter.deployment.Name != "" {
		// Who may not see the Leases rolls: an adapter that reloads takes that as well.
		replicas, _, err := c.Reloads.Replicas(ctx, b.adapter.deployment, 0)
		if err != nil {
			return err
		}
		b.adapter.reloads = len(replicas) > 0
	}
	return c.debounce(ctx, b.adapter, b.joined, b.hasHandedOver)
}

// waitFor waits for the metrics of members, takes the notes off the config map and resolves the members as they come.
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
				unnoted = fmt.Errorf("the metric is served, but that cannot be noted on the config map: %w", err)
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

// resolve gives a member its outcome. The last one that waits becomes the closer if somebody was handed over whose outcome is
// still to come.
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

// finish gives everybody an outcome who has none yet: that of judge, if there is one. The closer gets those of members that
// were handed over as well.
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
