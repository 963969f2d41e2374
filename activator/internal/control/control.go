// SPDX-License-Identifier: Apache-2.0

// Package control decides, for one Service, when its workload is scaled to zero and
// when it is woken, and when the activator is its endpoint.
//
// Nothing here depends on having seen an event: each check starts from the current
// state, and reads from the API server whatever must not be stale. All replicas of
// the activator do this at the same time. Every write carries the resourceVersion
// that it is based on; after a conflict the next check decides again.
package control

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/activator/internal/cluster"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/activator/internal/config"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/activator/internal/gate"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/activator/internal/metrics"
)

// Times are the controller's intervals and limits. Tests use shorter ones.
type Times struct {
	// Idle is how long the workload must be idle before it is scaled to zero.
	Idle time.Duration
	// Look is the interval between checks of the state, and of the activity.
	Look time.Duration
	// Steady is how long pods must be ready before the activator steps aside:
	// flapping readiness must not make NGINX reload each time.
	Steady time.Duration
	// Settle is how long a descent may take before it counts as failed. It is
	// longer than the API server keeps working on a request that timed out.
	Settle time.Duration
}

// DefaultTimes returns the times for a workload that is scaled to zero after idle.
func DefaultTimes(idle time.Duration) Times {
	return Times{Idle: idle, Look: time.Second, Steady: time.Second, Settle: 90 * time.Second}
}

// Settings are the configuration and dependencies of a controller.
type Settings struct {
	Service config.Service
	Cluster *cluster.Client
	Metrics *metrics.Backend
	Log     *slog.Logger
	Times   Times
	Pod     string // name of this activator
	// Idle reports whether the workload is idle. An error means that this is not known.
	Idle func(context.Context) (bool, error)
	// InFlight returns how many requests the pods report in flight. It is nil if they do not report them.
	InFlight func(ctx context.Context, pods []string) (float64, error)
}

// Controller manages one Service.
type Controller struct {
	Settings
	// Gate receives the Service's requests.
	Gate *gate.Gate

	poke chan struct{}

	mu        sync.Mutex
	idleSince time.Time // zero while the workload is busy, or may be
	idleUses  uint64    // the gate's uses at idleSince
	activity  string    // the error last logged about the activity

	// The fields below belong to the goroutine of Run.
	readySince time.Time
	down       string    // the descent that the record was last seen down by
	downSince  time.Time // when that descent was first seen
	zeroOf     string    // the descent that is known to have reached zero: it is over
	failedOf   string    // the descent of this replica that has failed
	refused    string    // why the workload cannot be put to sleep
	kept       string    // why the idle workload was last kept up
	state      metrics.State
}

// Poke makes the controller check at once. It does not block.
func (c *Controller) Poke() {
	select {
	case c.poke <- struct{}{}:
	default:
	}
}

// New returns a controller with its gate.
func New(s Settings) *Controller {
	c := &Controller{Settings: s, poke: make(chan struct{}, 1)}
	c.Gate = gate.New(s.Service.Hold(), s.Service.MaxHeld, s.Metrics, c.Poke)
	return c
}

// Run manages the Service until the context ends.
func (c *Controller) Run(ctx context.Context) {
	var parts sync.WaitGroup
	parts.Go(func() {
		c.Cluster.Run(ctx, func() {
			// Here and not in the loop, which may be waiting for the API server.
			c.Gate.SetReady(c.Cluster.Ready())
			c.Poke()
		})
	})
	parts.Go(func() { c.watchActivity(ctx) })
	defer parts.Wait()
	ticker := time.NewTicker(c.Times.Look)
	defer ticker.Stop()
	checked := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		case <-c.poke:
		}
		if !c.Cluster.Synced() {
			continue
		}
		if !checked {
			_, err := c.refusal(ctx) // reports a refusal at startup, not only once the workload is idle
			c.report(ctx, err)
			checked = err == nil
		}
		c.report(ctx, c.look(ctx))
	}
}

// report logs and counts an error. A conflict is none: another writer was first.
func (c *Controller) report(ctx context.Context, err error) {
	if err == nil || ctx.Err() != nil || apierrors.IsConflict(err) {
		return
	}
	c.Log.Warn("will retry", "error", err.Error())
	if c.Gate.Held() > 0 {
		c.Metrics.Scaled("wake", err)
	}
}

// look compares the current state with the desired one, and takes the next step.
func (c *Controller) look(ctx context.Context) error {
	record, slice := c.Cluster.Lease(), c.Cluster.Slice()
	if !record.Exists() || slice == nil {
		return fmt.Errorf("the activator's Lease or EndpointSlice is missing: install the chart again")
	}
	ready := c.Cluster.Ready()
	held := c.Gate.Held()
	if held > 0 {
		// A held request must not depend on a watch that may be dead.
		now, err := c.Cluster.ReadyNow(ctx)
		if err != nil {
			return err
		}
		ready = now
		c.Gate.SetReady(ready)
	}
	c.note(record, ready)

	armed := c.mustBeArmed(record, ready, cluster.Armed(slice))
	if armed && !c.othersTurn(record, ready) {
		c.report(ctx, c.Cluster.WriteSlice(ctx, slice, true)) // a failure must not delay waking
	}
	switch {
	case len(ready) == 0:
		return c.withoutPods(ctx, record, held)
	case record.Down():
		return c.withPodsWhileDown(ctx, record)
	case record.New():
		_, err := c.Cluster.WriteLease(ctx, record.AsUp(c.Pod))
		return err
	case !armed && cluster.Armed(slice):
		return c.stepAside(ctx)
	}
	c.Gate.SetStopped(false)
	c.is(metrics.Awake)
	if uses, idle := c.idleLongEnough(); idle {
		return c.goDown(ctx, uses)
	}
	return nil
}

// note keeps what a single check cannot show: since when pods are ready, and the
// record is down.
func (c *Controller) note(record cluster.Record, ready []string) {
	if len(ready) == 0 {
		c.readySince = time.Time{}
	} else if c.readySince.IsZero() {
		c.readySince = time.Now()
	}
	if descent := record.Descent(); descent != c.down {
		c.down, c.downSince = descent, time.Now()
	}
}

func (c *Controller) steady() bool {
	return !c.readySince.IsZero() && time.Since(c.readySince) >= c.Times.Steady
}

// mustBeArmed reports whether the activator must be the Service's endpoint: while
// the record is down, while no pod is ready, and until readiness is steady.
func (c *Controller) mustBeArmed(record cluster.Record, ready []string, armed bool) bool {
	return record.Down() || len(ready) == 0 || armed && !c.steady()
}

// othersTurn reports whether another replica is scaling down. Only that replica may
// arm the slice: it relies on having written the slice itself.
func (c *Controller) othersTurn(record cluster.Record, ready []string) bool {
	return record.Down() && len(ready) > 0 && c.zeroOf != record.Descent() && time.Since(c.downSince) < c.Times.Settle
}

// withoutPods wakes the workload if it is at zero and requests are held, unless it
// was scaled to zero by hand.
func (c *Controller) withoutPods(ctx context.Context, record cluster.Record, held int) error {
	// After a wake the replicas are no longer known: a broken release is not asleep.
	known := record.Down() && c.zeroOf == record.Descent() && c.state != metrics.Waking
	if held == 0 && known {
		c.is(metrics.Asleep)
		return nil
	}
	scale, err := c.Cluster.Scale(ctx)
	if err != nil {
		return err
	}
	if scale.Replicas() > 0 {
		c.Gate.SetStopped(false)
		c.is(map[bool]metrics.State{true: metrics.Waking, false: metrics.NotReady}[record.Down()])
		return nil
	}
	// Read after the scale: a replica writes the record before it scales to zero.
	if record, err = c.Cluster.LeaseNow(ctx); err != nil {
		return err
	}
	if record.Up() {
		c.Gate.SetStopped(true)
		c.is(metrics.ByHand)
		return nil
	}
	c.Gate.SetStopped(false)
	c.zeroOf = record.Descent()
	if held == 0 {
		c.is(metrics.Asleep)
		return nil
	}
	c.is(metrics.Waking)
	err = c.Cluster.WriteScale(ctx, scale, 1)
	if apierrors.IsConflict(err) {
		c.Poke() // another writer was first, or the status has changed
		return nil
	}
	if err != nil {
		return err
	}
	c.Metrics.Scaled("wake", nil)
	c.Log.Info("waking", "held", held)
	return nil
}

// withPodsWhileDown handles the time after a wake, and during a descent.
func (c *Controller) withPodsWhileDown(ctx context.Context, record cluster.Record) error {
	descent := record.Descent()
	over := c.zeroOf == descent || c.failedOf == descent || time.Since(c.downSince) >= c.Times.Settle
	if !over {
		c.is(metrics.GoingDown)
		if c.Gate.UsedWithin(c.Times.Idle) && !record.Used() {
			// The replica that is scaling down reads the record again before it writes 0.
			_, err := c.Cluster.WriteLease(ctx, record.AsUsed(c.Pod))
			return err
		}
		return nil
	}
	if !c.steady() {
		c.is(metrics.Waking)
		return nil
	}
	// A pod that is about to terminate may still be ready.
	scale, err := c.Cluster.Scale(ctx)
	if err != nil {
		return err
	}
	if scale.Replicas() == 0 {
		c.zeroOf = descent
		c.is(metrics.Asleep)
		return nil
	}
	// Nor is it enough that a watch shows it as ready: the watch may be stale.
	if ready, err := c.Cluster.ReadyNow(ctx); err != nil || len(ready) == 0 {
		return err
	}
	if _, err := c.Cluster.WriteLease(ctx, record.AsUp(c.Pod)); err != nil {
		return err
	}
	c.forgetIdle()
	c.Log.Info("awake")
	return nil // the change of the record triggers the next check, which steps aside
}

// stepAside disarms the slice. The slice is read before the record: a replica that
// scales down writes the record before it arms the slice. So either its record is
// seen here, or the slice has changed and this write is a conflict.
func (c *Controller) stepAside(ctx context.Context) error {
	slice, err := c.Cluster.SliceNow(ctx)
	if err != nil {
		return err
	}
	record, err := c.Cluster.LeaseNow(ctx)
	if err != nil {
		return err
	}
	ready, err := c.Cluster.ReadyNow(ctx)
	if err != nil || len(ready) == 0 || !record.Up() {
		return err
	}
	return c.Cluster.WriteSlice(ctx, slice, false)
}

// is sets the state of the workload, in the log and the metrics.
func (c *Controller) is(state metrics.State) {
	if c.state != state {
		c.Log.Info("state", "from", string(c.state), "to", string(state))
		c.state = state
		c.Metrics.State(state)
	}
}
