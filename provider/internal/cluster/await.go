// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Metric is what a rule is meant to bring about.
type Metric struct {
	API         API
	Name        string // empty when it depends on which series there are
	SeriesQuery string // for the person who reads the error
	ValuesIn    string // a namespace that must have at least one value, or empty
}

// Reason says which link of the chain from the rule to the metric is missing.
type Reason int

// The links, in the order in which they are checked.
const (
	ReasonAdapter Reason = iota // the adapter's Deployment is not available
	ReasonAPI                   // the metrics API does not answer
	ReasonName                  // a metric of a similar name is listed
	ReasonSeries                // the metric is not listed
	ReasonValues                // the metric is listed, but has no value in the namespace
	ReasonSlow                  // all is there now, it only took too long
)

// NotServedError says why a metric was not served in time.
type NotServedError struct {
	Reason Reason
	Detail string // what was found, and what to do about it
}

func (e *NotServedError) Error() string { return e.Detail }

// metricsWait is the wait for several metrics of one adapter.
type metricsWait struct {
	client                *Client
	namespace, deployment string
	needs                 []Need
	pending               []int // indexes of needs
	start                 time.Time
	report                func(served []int, failed map[int]error)
}

// awaitAll waits until the adapter is rolled out, calls rolled, and waits until it serves the metrics. It reports each need once,
// several at a time: as served, or with an error, which is a NotServedError after the need's timeout. All fail when the
// Deployment does not exist (ErrDeploymentNotFound) and when the context ends. An empty deployment is not waited for.
func (c *Client) awaitAll(ctx context.Context, namespace, deployment string, needs []Need, rolled func(), report func(served []int, failed map[int]error)) {
	w := &metricsWait{client: c, namespace: namespace, deployment: deployment, needs: needs, start: time.Now(), report: report}
	for i := range needs {
		w.pending = append(w.pending, i)
	}
	defer rolled()
	if deployment != "" {
		if err := w.rollout(ctx); err != nil {
			w.failAll(err)
			return
		}
	}
	rolled()
	for len(w.pending) > 0 {
		w.look(ctx)
		w.expire(ctx)
		if len(w.pending) == 0 {
			return
		}
		if err := pause(ctx, min(c.opts.Poll, w.untilNext())); err != nil {
			w.failAll(fmt.Errorf("interrupted while waiting for the metric: %w", err))
			return
		}
	}
}

// rollout waits for the roll-out, and fails needs whose time runs out meanwhile.
func (w *metricsWait) rollout(ctx context.Context) error {
	for len(w.pending) > 0 {
		waiting, cancel := context.WithTimeout(ctx, w.untilNext())
		err := w.client.awaitRollout(waiting, w.namespace, w.deployment)
		cancel()
		switch {
		case err == nil || errors.Is(err, ErrDeploymentNotFound):
			return err
		case ctx.Err() != nil:
			return fmt.Errorf("interrupted while waiting for the metric: %w", context.Cause(ctx))
		}
		w.expire(ctx)
	}
	return nil
}

// look reports what is served. What is in the way is of interest only when time is up: see diagnosis.
func (w *metricsWait) look(ctx context.Context) {
	lists := map[API][]string{}
	var served []int
	for _, i := range w.pending {
		m := w.needs[i].Metric
		if _, ok := lists[m.API]; !ok {
			names, err := w.client.listMetrics(ctx, m.API)
			if err != nil {
				names = nil
			} else if names == nil {
				names = []string{}
			}
			lists[m.API] = names
		}
		if w.client.served(ctx, *m, lists[m.API]) {
			served = append(served, i)
		}
	}
	w.done(served, nil)
}

// served looks for a metric in the list of its API, which is nil when that does not answer.
func (c *Client) served(ctx context.Context, m Metric, names []string) bool {
	if m.Name == "" {
		return names != nil
	}
	if _, found := slices.BinarySearch(names, m.Name); !found {
		return false
	}
	if m.ValuesIn == "" {
		return true
	}
	n, err := c.countValues(ctx, m.API, m.Name, m.ValuesIn)
	return err == nil && n > 0
}

// expire reports why needs failed whose time is up.
func (w *metricsWait) expire(ctx context.Context) {
	if ctx.Err() != nil {
		return
	}
	late := map[int]error{}
	d := &diagnosis{client: w.client, namespace: w.namespace, deployment: w.deployment}
	ctx, cancel := context.WithTimeout(ctx, diagnosisTime)
	defer cancel()
	for _, i := range w.pending {
		if need := w.needs[i]; time.Since(w.start) >= need.Timeout {
			late[i] = d.explain(ctx, *need.Metric, need.Timeout)
		}
	}
	w.done(nil, late)
}

// untilNext returns how long it is until the next need's time is up; not less than nothing.
func (w *metricsWait) untilNext() time.Duration {
	next := time.Duration(1<<63 - 1)
	for _, i := range w.pending {
		next = min(next, w.needs[i].Timeout-time.Since(w.start))
	}
	return max(next, 0)
}

func (w *metricsWait) failAll(err error) {
	failed := map[int]error{}
	for _, i := range w.pending {
		failed[i] = err
	}
	w.done(nil, failed)
}

func (w *metricsWait) done(served []int, failed map[int]error) {
	if len(served) == 0 && len(failed) == 0 {
		return
	}
	w.pending = slices.DeleteFunc(w.pending, func(i int) bool {
		_, bad := failed[i]
		return bad || slices.Contains(served, i)
	})
	w.report(served, maps.Clone(failed))
}
