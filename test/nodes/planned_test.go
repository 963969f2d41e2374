// SPDX-License-Identifier: Apache-2.0

package nodes

import (
	"context"
	"fmt"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/budget"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/fault"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/suite"
)

// An administrator drains the worker that has one of everything. The other one of
// each part continues to serve, and evicted pods finish their requests first.
func TestDrain(t *testing.T) {
	victim := worker(t, 0)
	recovery := suite.Shared.Budget.BackInRate()
	s := start(t, "a worker drained", budget.Drain+recovery, victim)
	s.Strike(victim+" is drained", s.drain(victim))
	s.drained(recovery)
}

// The worker that is drained has both NGINX, and at first no other has room for them.
// The disruption budget lets the second one go only when the first serves again
// elsewhere. (With room elsewhere, the pause before NGINX ends is long enough for both
// to be replaced.)
func TestDrainOfBoth(t *testing.T) {
	victim := worker(t, 0)
	recovery := suite.Shared.Budget.BackInRate()
	open := gather(t, victim)
	s := startAsItIs(t, "a worker drained that has both NGINX, without room elsewhere at first", budget.Drain+recovery, victim)
	drain := s.drain(victim)
	s.Strike(victim+" is drained", func(ctx context.Context) error {
		drained := make(chan error, 1)
		go func() { drained <- drain(ctx) }()
		s.Until(budget.Drain, "for an NGINX to have left", func(ctx context.Context) error {
			pods, err := s.Client.CoreV1().Pods(s.Places.Ingress).List(ctx, metav1.ListOptions{FieldSelector: "spec.nodeName=" + victim})
			if n := len(pods.Items); err == nil && n > 1 {
				err = fmt.Errorf("%d are there", n)
			}
			return err
		})
		if err := open(ctx); err != nil {
			return err
		}
		return <-drained
	})
	s.drained(recovery)
}

// drained fails the test if a drain has lost anything, or blinded the autoscaler.
func (s *scenario) drained(recovery time.Duration) {
	s.T.Helper()
	s.AwaitRecovery(time.Now(), recovery)
	s.RequireSighted()
	s.Finish(fault.NoneLost)
}

// Each worker is drained, stopped, started and uncordoned, as for an upgrade of its
// operating system.
func TestWorkersRestarted(t *testing.T) {
	for i := range 2 {
		victim := worker(t, i)
		t.Run(victim, func(t *testing.T) {
			recovery := budget.NodeStart + suite.Shared.Budget.BackInRate()
			s := start(t, "a worker drained, stopped, started and uncordoned, the "+[]string{"first", "second"}[i], budget.Drain+budget.NodeStop+recovery, victim)
			s.startAlways(victim)
			s.Strike(victim+" is drained", s.drain(victim))
			if err := s.machine(victim).Stop(s.Ctx); err != nil {
				t.Fatal(err)
			}
			s.Record.Held = time.Since(s.Record.Began).Seconds()
			started := s.End(s.machine(victim).Start)
			if err := s.Restore(s.Ctx); err != nil {
				t.Fatal(err)
			}
			s.awaitReady(budget.NodeStart)
			s.AwaitRecovery(started, recovery)
			s.RequireSighted()
			s.Finish(fault.NoneLost)
		})
	}
}

// Without the control plane nothing changes: what serves continues to serve, and
// nothing can scale until it is back.
func TestControlPlaneRestarted(t *testing.T) {
	worker(t, 0)
	control := suite.Shared.Env.Nodes[0]
	recovery := budget.NodeStart + budget.LeaseEnd + suite.Shared.Budget.BackInRate()
	s := start(t, "the control plane's node restarted", budget.NodeStop+recovery, control)
	s.startAlways(control)
	s.Strike(control+" stops", s.Machine.Stop)
	s.Record.Held = time.Since(s.Record.Began).Seconds()
	started := s.End(s.Machine.Start)
	s.AwaitRecovery(started, recovery)
	s.Finish(fault.NoneLost)
}
