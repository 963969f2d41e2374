// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/configmap"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/metricsapi"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/reload"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/rollout"
)

// diagnosisTime is how long it may take to find out what is missing.
const diagnosisTime = 15 * time.Second

// adapter is the adapter that loads the rules of a target.
type adapter struct {
	deployment types.NamespacedName // without a name it is not waited for
	rules      configmap.Target
	reloads    bool // it loads them by itself, and is not rolled: see package reload
}

// load waits until the adapter has loaded its rules: until it is rolled out or, if it reloads, until all its replicas serve what the
// config map holds. If an adapter turns out not to reload any more, it is rolled after all.
func (c *Client) load(ctx context.Context, a adapter) error {
	if a.reloads {
		err := c.Reloads.Wait(ctx, a.deployment, reload.State{
			Text:    func(ctx context.Context) (string, error) { return c.ConfigMaps.Text(ctx, a.rules) },
			Rollout: func(ctx context.Context) (int32, string, error) { return c.Rollouts.Progress(ctx, a.deployment) },
			Fatal: func(err error) bool {
				return errors.Is(err, configmap.ErrNotFound) || errors.Is(err, rollout.ErrNotFound)
			},
		})
		if !errors.Is(err, reload.ErrNone) {
			return err
		}
		if err := c.stamp(ctx, a); err != nil {
			return err
		}
	}
	return c.Rollouts.Wait(ctx, a.deployment)
}

func (c *Client) stamp(ctx context.Context, a adapter) error {
	return c.Rollouts.Stamp(ctx, a.deployment, func(ctx context.Context) (string, error) { return c.ConfigMaps.Revision(ctx, a.rules) })
}

// metricsWait is the wait for several metrics of one adapter.
type metricsWait struct {
	client  *Client
	adapter adapter
	behind  error // why the adapter had not loaded its rules when time was up
	needs   []Need
	pending []int // indexes of needs
	start   time.Time
	report  func(served []int, failed map[int]error)
}

// waitAll waits until the adapter has loaded its rules, calls loaded, and waits until it serves the metrics. It reports each need once,
// several at a time: as served, or with an error, which is a metricsapi.NotServedError after the need's timeout. All fail when the
// Deployment does not exist (rollout.ErrNotFound), when the adapter refuses the rules (reload.RefusedError) and when the context ends.
func (c *Client) waitAll(ctx context.Context, a adapter, needs []Need, loaded func(), report func(served []int, failed map[int]error)) {
	w := &metricsWait{client: c, adapter: a, needs: needs, start: time.Now(), report: report}
	for i := range needs {
		w.pending = append(w.pending, i)
	}
	defer loaded()
	if a.deployment.Name != "" {
		if err := w.load(ctx); err != nil {
			w.failAll(err)
			return
		}
	}
	loaded()
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

// load waits for the adapter to load its rules, and fails needs whose time runs out meanwhile.
func (w *metricsWait) load(ctx context.Context) error {
	for len(w.pending) > 0 {
		waiting, cancel := context.WithTimeout(ctx, w.untilNext())
		err := w.client.load(waiting, w.adapter)
		late := waiting.Err() != nil
		cancel()
		switch {
		case err == nil || errors.Is(err, rollout.ErrNotFound):
			return err
		case ctx.Err() != nil:
			return interrupted(ctx)
		case !late:
			return err
		}
		w.behind = err
		w.expire(ctx)
	}
	return nil
}

// look reports what is served. What is missing matters only when time is up: see expire.
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

// expire reports why the needs whose time is up failed.
func (w *metricsWait) expire(ctx context.Context) {
	if ctx.Err() != nil {
		return
	}
	late := map[int]error{}
	d := &diagnosis{client: w.client, adapter: w.adapter, behind: w.behind, metrics: w.client.Metrics.Diagnose()}
	ctx, cancel := context.WithTimeout(ctx, diagnosisTime)
	defer cancel()
	for _, i := range w.pending {
		if need := w.needs[i]; time.Since(w.start) >= need.Timeout {
			late[i] = d.explain(ctx, *need.Metric, need.Timeout)
		}
	}
	w.done(nil, late)
}

// diagnosis finds out what is missing for several metrics of one adapter. It reads once what they have in common.
type diagnosis struct {
	client  *Client
	adapter adapter
	behind  error // why the adapter had not loaded its rules
	metrics *metricsapi.Diagnosis

	adapterKnown bool
	problem      error  // the Deployment is missing or not ready, or the rules are not loaded
	caveat       string // what is not known of the adapter, and why
}

// explain follows the chain from the adapter to the metric and describes the first link that is missing.
func (d *diagnosis) explain(ctx context.Context, m metricsapi.Metric, waited time.Duration) error {
	if d.adapter.deployment.Name != "" && !d.adapterKnown {
		d.adapterKnown = true
		d.lookAtAdapter(ctx, waited)
	}
	if d.problem != nil {
		return d.problem
	}
	err := d.metrics.Explain(ctx, m, waited)
	if err.Reason != metricsapi.ReasonSlow {
		err.Detail += d.caveat
	}
	return err
}

func (d *diagnosis) lookAtAdapter(ctx context.Context, waited time.Duration) {
	name := d.adapter.deployment
	problem, caveat, err := d.client.Rollouts.Status(ctx, name, waited)
	if !d.adapter.reloads {
		if _, denied, _ := d.client.Reloads.Replicas(ctx, name, 0); denied != nil {
			caveat += fmt.Sprintf(" Its Leases, which tell whether the adapter loads its rules by itself, could not be listed (API group coordination.k8s.io), so it was rolled: %v.", denied)
		}
	}
	switch {
	case err != nil:
		d.problem = err
	case problem != "":
		if caveat != "" {
			problem += "\n" + strings.TrimSpace(caveat)
		}
		d.problem = &metricsapi.NotServedError{Reason: metricsapi.ReasonAdapter, Detail: problem}
	case d.adapter.reloads && d.behind != nil:
		d.problem = &metricsapi.NotServedError{Reason: metricsapi.ReasonRules, Detail: fmt.Sprintf("The adapter has not loaded the rules after %s: %v. "+
			"See why with: kubectl -n %[3]s get lease -l %[4]s=%[5]s -o yaml; kubectl -n %[3]s logs deployment/%[5]s", waited, d.behind, name.Namespace, reload.Label, name.Name)}
	default:
		d.caveat = caveat
	}
}

// untilNext returns the time until the next need expires, at least 0.
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
