// SPDX-License-Identifier: Apache-2.0

package test

import (
	"context"
	"testing"
)

// The autoscaler is part of the controller manager. A new one does not know what
// the old one has recommended: it takes the replicas that are there for the
// first recommendation. Until it has the lease nobody scales.
func TestFaultControllerManagerRestarted(t *testing.T) {
	recovery := podStart + leaseEnd + shared.budget.backInRate()
	f := startFault(t, "kube-controller-manager restarted", recovery)
	victim := f.pods(systemNamespace, "component=kube-controller-manager")[0]
	f.strike("the process of kube-controller-manager is killed", func(ctx context.Context) error {
		return f.kill(ctx, victim, "kube-controller-manager")
	})
	f.awaitRestart(victim, "kube-controller-manager", podStart)
	f.awaitRecovery(f.record.Began, recovery)
	f.finish(noneLost)
}
