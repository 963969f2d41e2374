// SPDX-License-Identifier: Apache-2.0

// Package control decides, for one Service, when its workload goes to zero and
// when it comes back, and when the activator is its endpoint.
//
// Nothing here depends on having seen an event: each check starts from what is
// there, and what has to be right is asked for anew. Several replicas of the
// activator do the same side by side. Every write is refused by the API server if
// somebody else has written since, and then it is decided again.
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

// Times are how long things take here. Tests have shorter ones.
type Times struct {
	// Idle is how long the workload has to be idle before it is put to zero.
	Idle time.Duration
	// Look is the time between two checks of everything, and of the activity.
	Look time.Duration
	// Steady is how long pods have to be ready before the activator steps aside:
	// readiness that flaps must not have NGINX reload each time.
	Steady time.Duration
	// Settle is after how long a descent of which nothing comes has failed. It is
	// longer than the API server continues with a request that was given up.
	Settle time.Duration
}

// DefaultTimes are the times for a workload that goes down after idle.
func DefaultTimes(idle time.Duration) Times {
	return Times{Idle: idle, Look: time.Second, Steady: time.Second, Settle: 90 * time.Second}
}

// Settings are what a controller works with.
type Settings struct {
	Service config.Service
	Cluster *cluster.Client
	Metrics *metrics.Backend
	Log     *slog.Logger
	Times   Times
	Pod     string // name of this activator
	// Idle reports whether the workload has nothing to do. An error means that it is not known.
	Idle func(context.Context) (bool, error)
	// InFlight is how many requests pods have in flight, by their own word; nil where they do not tell.
	InFlight func(ctx context.Context, pods []string) (float64, error)
}

// Controller looks after one Service.
type Controller struct {
	Settings
	// Gate takes the Service's requests.
	Gate *gate.Gate

	poke chan struct{}

	mu        sync.Mutex
	idleSince time.Time // zero while the workload is busy, or may be
	idleUses  uint64    // of the gate, when that began
	activity  string    // what was last said about it in the log

	// What follows belongs to the goroutine of Run.
	readySince time.Time
	down       string    // the descent that the record was last seen down by
	downSince  time.Time // when it was first seen
	zeroOf     string    // the descent during which replicas were seen at zero: it is over
	failedOf   string    // the descent of this replica that has come to nothing
	refused    string    // why the workload cannot sleep
	state      metrics.State
}

// Poke has the controller look at once. It does not block.
func (c *Controller) Poke() {
	select {
	case c.poke <- struct{}{}:
	default:
	}
}

// New returns a controller and the gate that it has.
func New(s Settings) *Controller {
	c := &Controller{Settings: s, poke: make(chan struct{}, 1)}
	c.Gate = gate.New(s.Service.Hold(), s.Service.MaxHeld, s.Metrics, c.Poke)
	return c
}

// Run looks after the Service until the context ends.
func (c *Controller) Run(ctx context.Context) {
	var parts sync.WaitGroup
	parts.Go(func() {
		c.Cluster.Run(ctx, func() {
			// At once, and not when the loop is through with what it waits for.
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
			_, err := c.refusal(ctx) // told at the start already, not only when it is idle
			c.report(ctx, err)
			checked = err == nil
		}
		c.report(ctx, c.look(ctx))
	}
}

// report says what went wrong. A conflict did not: somebody else has written.
func (c *Controller) report(ctx context.Context, err error) {
	if err == nil || ctx.Err() != nil || apierrors.IsConflict(err) {
		return
	}
	c.Log.Warn("will be tried again", "error", err.Error())
	if c.Gate.Held() > 0 {
		c.Metrics.Scaled("wake", err)
	}
}

// look compares what is with what should be, and takes the next step.
func (c *Controller) look(ctx context.Context) error {
	record, slice := c.Cluster.Lease(), c.Cluster.Slice()
	if !record.Exists() || slice == nil {
		return fmt.Errorf("the Lease or the EndpointSlice of the activator is missing: install the chart again")
	}
	ready := c.Cluster.Ready()
	held := c.Gate.Held()
	if held > 0 {
		// Whoever waits must not depend on a watch that may be dead.
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
		c.report(ctx, c.Cluster.WriteSlice(ctx, slice, true)) // waking does not wait for it
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

// note keeps what a single look does not show: how long something has been so.
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

// mustBeArmed reports whether the activator has to be the Service's endpoint: while
// the record is down, and while there is no pod or has not been one for long.
func (c *Controller) mustBeArmed(record cluster.Record, ready []string, armed bool) bool {
	return record.Down() || len(ready) == 0 || armed && !c.steady()
}

// othersTurn reports whether another replica is on its way down, and has to be
// the one that arms the slice: it relies on having done so itself.
func (c *Controller) othersTurn(record cluster.Record, ready []string) bool {
	return record.Down() && len(ready) > 0 && c.zeroOf != record.Descent() && time.Since(c.downSince) < c.Times.Settle
}

// withoutPods wakes the workload if it is at zero and requests are held, and finds
// out whose zero it is.
func (c *Controller) withoutPods(ctx context.Context, record cluster.Record, held int) error {
	// Once woken, it is at zero no longer: a release that is broken is not asleep.
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
	// After the scale: a replica that puts it to zero says so here before.
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
		c.Poke() // somebody else was first, or the status has changed
		return nil
	}
	if err != nil {
		return err
	}
	c.Metrics.Scaled("wake", nil)
	c.Log.Info("waking", "held", held)
	return nil
}

// withPodsWhileDown is after a wake, or during a descent.
func (c *Controller) withPodsWhileDown(ctx context.Context, record cluster.Record) error {
	descent := record.Descent()
	over := c.zeroOf == descent || c.failedOf == descent || time.Since(c.downSince) >= c.Times.Settle
	if !over {
		c.is(metrics.GoingDown)
		if c.Gate.UsedWithin(c.Times.Idle) && !record.Used() {
			// Whoever is going down looks at the record once more before it writes 0.
			_, err := c.Cluster.WriteLease(ctx, record.AsUsed(c.Pod))
			return err
		}
		return nil
	}
	if !c.steady() {
		c.is(metrics.Waking)
		return nil
	}
	// A pod that is about to go may still be called ready.
	scale, err := c.Cluster.Scale(ctx)
	if err != nil {
		return err
	}
	if scale.Replicas() == 0 {
		c.zeroOf = descent
		c.is(metrics.Asleep)
		return nil
	}
	// Nor is it enough that a watch calls it ready: the watch may be behind.
	if ready, err := c.Cluster.ReadyNow(ctx); err != nil || len(ready) == 0 {
		return err
	}
	if _, err := c.Cluster.WriteLease(ctx, record.AsUp(c.Pod)); err != nil {
		return err
	}
	c.forgetIdle()
	c.Log.Info("awake")
	return nil // to step aside is for the next look, which the record's change brings
}

// stepAside disarms the slice. The slice is read before the record: who is going
// down writes the record before it arms the slice, so either it is seen here, or
// the slice has changed and this write is refused.
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

// is tells where the workload stands.
func (c *Controller) is(state metrics.State) {
	if c.state != state {
		c.Log.Info("state", "from", string(c.state), "to", string(state))
		c.state = state
		c.Metrics.State(state)
	}
}
