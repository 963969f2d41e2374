// SPDX-License-Identifier: Apache-2.0

package test

import (
	"context"
	"testing"
)

// Prometheus keeps its samples in its pod, so with the pod all of them are gone.
// Without Prometheus there is no metric, and the autoscaler does nothing. With a
// new one the rate begins far too low: two samples stand for a window of which
// nothing is known. The stabilization window outlasts that.
func TestFaultPrometheusKilled(t *testing.T) {
	recovery := podReplace + shared.budget.backInRate()
	f := startFault(t, "Prometheus killed, its samples lost", recovery)
	f.strike("the pod of Prometheus is killed and removed", func(ctx context.Context) error {
		return f.removePods(ctx, f.places.monitoring, prometheusLabels)
	})
	f.awaitGone(f.metric, podReplace)
	f.awaitRecovery(f.record.Began, recovery)
	f.finish(noneLost)
}
