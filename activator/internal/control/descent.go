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

// watchActivity checks the activity until the context ends. It runs in a goroutine of
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

// keepIdle continues the idle time of the workload, or resets it. A request since the
// last check starts it again.
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

// sayActivity logs once that the activity is unknown, or known again.
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
		c.Log.Warn("stays up: its activity is unknown", "error", said)
		return
	}
	c.Log.Info("its activity is known again")
}

// idleLongEnough reports whether the workload may be scaled to zero, and how many
// requests this activator had received when it became idle. One more, and the
// workload stays up.
func (c *Controller) idleLongEnough() (uses uint64, idle bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.idleUses, !c.idleSince.IsZero() && time.Since(c.idleSince) >= c.Times.Idle && c.unused(c.idleUses)
}

// unused reports whether this activator has received no request since Gate.Uses
// returned uses, and has none in flight.
func (c *Controller) unused(uses uint64) bool {
	now, open := c.Gate.Uses()
	return !open && now == uses
}

// goDown scales the workload to zero, in an order that always leaves a request an
// endpoint:
//
//  1. Read the state from the API server and the pods: the Service, the replicas, the
//     autoscaler, the requests in flight.
//  2. Write the record: from now on zero replicas are the activators' own doing.
//  3. Arm the slice. A client that reads slices in write order sees the activator
//     before the last pod is gone.
//  4. Check that no request has arrived meanwhile, here, at another replica or at a pod.
//  5. Scale from 1 to 0, if the workload has not been changed.
func (c *Controller) goDown(ctx context.Context, uses uint64) error {
	// Stop writing well before other replicas may consider the descent over.
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
		return err // a conflict means that another replica was first
	}
	// Write the slice as it was read before the record was written: then a replica that
	// steps aside because of an older record gets a conflict.
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
		c.Log.Info("scaled to zero", "idle_for", c.Times.Idle.String())
		err = c.claimZero(ctx, descent)
	case !errors.Is(err, errUncertain):
		c.failedOf = descent
	}
	c.forgetIdle()
	if err != nil && !errors.Is(err, errInUse) {
		c.Metrics.Scaled("sleep", err)
		return fmt.Errorf("scaling to zero: %w", err)
	}
	if err == nil {
		c.Metrics.Scaled("sleep", nil)
	}
	return nil
}

// claimZero writes the record again if another replica considered the descent over
// before the write of 0 took effect: otherwise nothing would wake the workload.
func (c *Controller) claimZero(ctx context.Context, descent string) error {
	record, err := c.Cluster.LeaseNow(ctx)
	if err == nil && !record.Down() {
		_, err = c.Cluster.WriteLease(ctx, record.AsDown(c.Pod, descent))
	}
	return err
}

var (
	errInUse = errors.New("the workload is in use again")
	// errUncertain means that a write may or may not have taken effect.
	errUncertain = errors.New("it is unknown whether the replicas were written")
)

// mayGoDown returns the slice to arm, or nil if the workload must stay up.
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
	kept := ""
	switch {
	case cluster.Armed(slice):
		return nil, nil
	case wanted > 1:
		kept = fmt.Sprintf("autoscaler %s wants %d replicas", c.Service.Autoscaler, wanted)
	case scale.Replicas() != 1:
		kept = fmt.Sprintf("it has %d replicas: it must have 1", scale.Replicas())
	default:
		busy, err := c.podsBusy(ctx)
		if err != nil {
			return nil, err
		}
		if busy {
			kept = "its pods report requests in flight"
		}
	}
	if kept != "" && kept != c.kept {
		c.Log.Info("stays up, although its activity is 0", "reason", kept)
	}
	if c.kept = kept; kept != "" {
		return nil, nil
	}
	return slice, nil
}

// refusal finds out whether requests could be lost at zero replicas, reports that in
// the log and the metrics, and returns the slice.
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

// stillIdle returns errInUse if a request has arrived since the descent began.
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

// writeZero scales from 1 to 0. It retries conflicts, because a change of the status
// alone causes one too.
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
