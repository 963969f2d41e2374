// SPDX-License-Identifier: Apache-2.0

package control

import (
	"context"
	"errors"
	"fmt"
	"time"

	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/activator/internal/cluster"
)

// watchActivity looks at the activity until the context ends. It has a goroutine of
// its own, so that no held request waits for Prometheus.
func (c *Controller) watchActivity(ctx context.Context) {
	ticker := time.NewTicker(c.Times.Look)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if !c.Cluster.Synced() || !c.Cluster.Lease().Up() || len(c.Cluster.Ready()) == 0 {
			c.forgetIdle()
			continue
		}
		uses, open := c.Gate.Uses()
		idle, err := c.Idle(ctx)
		if ctx.Err() != nil {
			return
		}
		c.Metrics.ActivityKnown(err == nil)
		c.keepIdle(idle && err == nil && !open, uses)
		c.sayActivity(err)
	}
}

// keepIdle goes on with the time for which the workload has been idle, or ends it.
func (c *Controller) keepIdle(idle bool, uses uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case !idle:
		c.idleSince = time.Time{}
	case c.idleSince.IsZero() || c.idleUses != uses:
		c.idleSince, c.idleUses = time.Now(), uses
	}
}

func (c *Controller) forgetIdle() { c.keepIdle(false, 0) }

// sayActivity logs once that the activity is not known, or known again.
func (c *Controller) sayActivity(err error) {
	said := ""
	if err != nil {
		said = err.Error()
	}
	if said == c.activity {
		return
	}
	c.activity = said
	if err != nil {
		c.Log.Warn("stays up: its activity is not known", "error", said)
		return
	}
	c.Log.Info("its activity is known again")
}

// idleLongEnough reports whether the workload may go down, and how many requests
// this activator had had when it became idle: there must not be more.
func (c *Controller) idleLongEnough() (uses uint64, idle bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.idleUses, !c.idleSince.IsZero() && time.Since(c.idleSince) >= c.Times.Idle && c.unused(c.idleUses)
}

// unused reports whether this activator has had no more than so many requests.
func (c *Controller) unused(uses uint64) bool {
	now, open := c.Gate.Uses()
	return !open && now == uses
}

// goDown puts the workload to zero, in an order in which a request finds an
// endpoint at every moment:
//
//  1. Everything is asked for anew: the Service, the replicas, the autoscaler, what pods have in flight.
//  2. The record says that a zero will be the activators' own.
//  3. The slice is armed. Who reads slices gets them in the order in which they
//     were written: the activator is there before the last pod is gone.
//  4. No request has come meanwhile, here, at another replica, or at a pod.
//  5. Replicas from 1 to 0, if the workload has not been changed.
func (c *Controller) goDown(ctx context.Context, uses uint64) error {
	// Nothing is written when the others may take the descent for over.
	ctx, cancel := context.WithTimeout(ctx, c.Times.Settle/2)
	defer cancel()
	slice, err := c.mayGoDown(ctx)
	if err != nil || slice == nil {
		c.forgetIdle()
		return err
	}
	record := c.Cluster.Lease()
	if !record.Up() {
		return nil
	}
	descent := c.Pod + " " + time.Now().UTC().Format(time.RFC3339Nano)
	if _, err := c.Cluster.WriteLease(ctx, record.AsDown(c.Pod, descent)); err != nil {
		return err // with a conflict another replica was first
	}
	// The slice that was not armed before the record was written: a replica that
	// steps aside by an older record cannot write after this.
	err = c.Cluster.WriteSlice(ctx, slice, true)
	if err == nil {
		err = c.stillIdle(ctx, descent, uses)
	}
	if err == nil {
		err = c.writeZero(ctx)
	}
	switch {
	case err == nil:
		c.zeroOf = descent
		c.Log.Info("gone down", "idle_for", c.Times.Idle.String())
		err = c.claimZero(ctx, descent)
	case !errors.Is(err, errUncertain):
		c.failedOf = descent
	}
	c.forgetIdle()
	if err != nil && !errors.Is(err, errInUse) {
		c.Metrics.Scaled("sleep", err)
		return fmt.Errorf("going down: %w", err)
	}
	if err == nil {
		c.Metrics.Scaled("sleep", nil)
	}
	return nil
}

// claimZero writes the record again where somebody has taken the descent for over
// before its write of 0 came through: nothing would wake the workload.
func (c *Controller) claimZero(ctx context.Context, descent string) error {
	record, err := c.Cluster.LeaseNow(ctx)
	if err == nil && !record.Down() {
		_, err = c.Cluster.WriteLease(ctx, record.AsDown(c.Pod, descent))
	}
	return err
}

var (
	errInUse = errors.New("it is used again")
	// errUncertain is when it is not known whether a write took effect.
	errUncertain = errors.New("it is not known whether the replicas were written")
)

// mayGoDown returns the slice to arm, or nil where the workload has to stay up.
func (c *Controller) mayGoDown(ctx context.Context) (*discoveryv1.EndpointSlice, error) {
	slice, err := c.refusal(ctx)
	if err != nil || c.refused != "" {
		return nil, err
	}
	scale, err := c.Cluster.Scale(ctx)
	if err != nil {
		return nil, err
	}
	wanted, err := c.Cluster.Wanted(ctx)
	if err != nil {
		return nil, err
	}
	if scale.Replicas() != 1 || wanted > 1 || cluster.Armed(slice) {
		return nil, nil
	}
	busy, err := c.podsBusy(ctx)
	if err != nil || busy {
		return nil, err
	}
	return slice, nil
}

// refusal finds out whether requests could be lost at zero, tells it to the log and
// the metrics, and returns the slice.
func (c *Controller) refusal(ctx context.Context) (*discoveryv1.EndpointSlice, error) {
	service, err := c.Cluster.Service(ctx)
	if err != nil {
		return nil, err
	}
	slice, err := c.Cluster.SliceNow(ctx)
	if err != nil {
		return nil, err
	}
	reason := cluster.Refusal(service, slice, c.Service.Port)
	c.Metrics.SleepRefused(reason != "")
	if reason != "" && reason != c.refused {
		c.Log.Error("stays up: it cannot be put to sleep", "reason", reason)
	}
	c.refused = reason
	return slice, nil
}

func (c *Controller) podsBusy(ctx context.Context) (bool, error) {
	if c.InFlight == nil {
		return false, nil
	}
	n, err := c.InFlight(ctx, c.Cluster.Ready())
	return n != 0, err
}

// stillIdle returns an error if there was a request since the descent began.
func (c *Controller) stillIdle(ctx context.Context, descent string, uses uint64) error {
	busy, err := c.podsBusy(ctx)
	if err != nil {
		return err
	}
	record, err := c.Cluster.LeaseNow(ctx)
	if err != nil {
		return err
	}
	if busy || !c.unused(uses) || record.Used() || record.Descent() != descent {
		return errInUse
	}
	return nil
}

// writeZero writes 0 if there is 1. A conflict is a change of the workload, which
// may be its status only.
func (c *Controller) writeZero(ctx context.Context) error {
	for range 3 {
		scale, err := c.Cluster.Scale(ctx)
		if err != nil {
			return err
		}
		if scale.Replicas() != 1 {
			return errInUse
		}
		err = c.Cluster.WriteScale(ctx, scale, 0)
		switch {
		case err == nil:
			return nil
		case apierrors.IsConflict(err):
			continue
		case apierrors.ReasonForError(err) == metav1.StatusReasonUnknown || apierrors.IsTimeout(err) || apierrors.IsServerTimeout(err) || apierrors.IsInternalError(err):
			return fmt.Errorf("%w: %w", errUncertain, err)
		}
		return err
	}
	return errInUse
}
