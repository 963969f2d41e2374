// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/metricsapi"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/rollout"
)

// diagnosisTime is how long it may take to find out what is missing.
const diagnosisTime = 15 * time.Second

// metricsWait is the wait for several metrics of one adapter.
type metricsWait struct {
	client     *Client
	deployment types.NamespacedName // without a name it is not waited for
	needs      []Need
	pending    []int // indexes of needs
	start      time.Time
	report     func(served []int, failed map[int]error)
}

// waitAll waits until the adapter is rolled out, calls rolled, and waits until it serves the metrics. It reports each need once,
// several at a time: as served, or with an error, which is a metricsapi.NotServedError after the need's timeout. All fail when the
// Deployment does not exist (rollout.ErrNotFound) and when the context ends. A deployment without a name is not waited for.
func (c *Client) waitAll(ctx context.Context, deployment types.NamespacedName, needs []Need, rolled func(), report func(served []int, failed map[int]error)) {
	w := &metricsWait{client: c, deployment: deployment, needs: needs, start: time.Now(), report: report}
	for i := range needs {
		w.pending = append(w.pending, i)
	}
	defer rolled()
	if deployment.Name != "" {
		if err := w.rollout(ctx); err != nil {
			w.failAll(err)
			return
		}
	}
	rolled()
	pause := wait.DelayFunc(func() time.Duration { return min(c.opts.Poll, w.untilNext()) })
	if err := pause.Until(ctx, true, true, func(ctx context.Context) (bool, error) {
		if len(w.pending) > 0 {
			w.look(ctx)
			w.expire(ctx)
		}
		return len(w.pending) == 0, nil
	}); err != nil {
		w.failAll(interrupted(ctx))
	}
}

func interrupted(ctx context.Context) error {
	return fmt.Errorf("interrupted while waiting for the metric: %w", context.Cause(ctx))
}

// rollout waits for the roll-out, and fails needs whose time runs out meanwhile.
func (w *metricsWait) rollout(ctx context.Context) error {
	for len(w.pending) > 0 {
		waiting, cancel := context.WithTimeout(ctx, w.untilNext())
		err := w.client.Rollouts.Wait(waiting, w.deployment)
		cancel()
		switch {
		case err == nil || errors.Is(err, rollout.ErrNotFound):
			return err
		case ctx.Err() != nil:
			return interrupted(ctx)
		}
		w.expire(ctx)
	}
	return nil
}

// look reports what is served. What is in the way is of interest only when time is up: see expire.
func (w *metricsWait) look(ctx context.Context) {
	lists := map[metricsapi.API][]string{}
	var served []int
	for _, i := range w.pending {
		m := w.needs[i].Metric
		if _, ok := lists[m.API]; !ok {
			lists[m.API], _ = w.client.Metrics.List(ctx, m.API) // nil when it does not answer
		}
		if w.client.Metrics.Serves(ctx, *m, lists[m.API]) {
			served = append(served, i)
		}
	}
	w.done(served, nil)
}

// expire reports why needs failed whose time is up.
func (w *metricsWait) expire(ctx context.Context) {
	if ctx.Err() != nil {
		return
	}
	late := map[int]error{}
	d := &diagnosis{client: w.client, deployment: w.deployment, metrics: w.client.Metrics.Diagnose()}
	ctx, cancel := context.WithTimeout(ctx, diagnosisTime)
	defer cancel()
	for _, i := range w.pending {
		if need := w.needs[i]; time.Since(w.start) >= need.Timeout {
			late[i] = d.explain(ctx, *need.Metric, need.Timeout)
		}
	}
	w.done(nil, late)
}

// diagnosis finds out what is missing, for several metrics of one adapter: what they have in common is asked for once.
type diagnosis struct {
	client     *Client
	deployment types.NamespacedName
	metrics    *metricsapi.Diagnosis

	adapterKnown bool
	adapter      error  // the Deployment is missing or not ready
	caveat       string // why it is not known whether its pods restart
}

// explain follows the chain from the adapter to the metric and describes the first link that is missing.
func (d *diagnosis) explain(ctx context.Context, m metricsapi.Metric, waited time.Duration) error {
	if d.deployment.Name != "" && !d.adapterKnown {
		d.adapterKnown = true
		var problem string
		problem, d.caveat, d.adapter = d.client.Rollouts.Status(ctx, d.deployment, waited)
		if problem != "" {
			d.adapter = &metricsapi.NotServedError{Reason: metricsapi.ReasonAdapter, Detail: problem}
		}
	}
	if d.adapter != nil {
		return d.adapter
	}
	err := d.metrics.Explain(ctx, m, waited)
	if err.Reason != metricsapi.ReasonSlow {
		err.Detail += d.caveat
	}
	return err
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
	w.report(served, failed)
}
