// SPDX-License-Identifier: Apache-2.0

package test

import (
	"context"
	"testing"
)

// Without the adapter the metrics API does not answer, and the autoscaler does
// nothing. The Deployment brings another adapter.
func TestFaultAdapterKilled(t *testing.T) {
	recovery := podReplace + 2*shared.budget.hpaSync
	f := startFault(t, "adapter killed", recovery)
	f.strike("the pod of the adapter is killed and removed", func(ctx context.Context) error {
		return f.removePods(ctx, f.places.monitoring, f.adapterPods())
	})
	f.awaitGone(f.metric, podReplace)
	f.awaitRecovery(f.record.Began, recovery)
	f.finish(noneLost)
}
