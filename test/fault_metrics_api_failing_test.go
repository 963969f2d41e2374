// SPDX-License-Identifier: Apache-2.0

package test

import (
	"context"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// The Service of the adapter leads nowhere for two minutes or more: the API server
// answers each question for the metric with an error. That is longer than any
// recommendation counts, so nothing of the past holds the replicas: the
// autoscaler does, which does nothing without a metric.
func TestFaultMetricsAPIFailing(t *testing.T) {
	kept := max(2*time.Minute, shared.budget.forgetful(), shared.budget.alertFires())
	recovery := apiRestart + 2*shared.budget.hpaSync
	f := startFault(t, "the metrics API answers with errors", kept+recovery)
	selector := func(value string) func(context.Context) error {
		return func(ctx context.Context) error {
			patch := `{"spec":{"selector":{"fault":` + value + `}}}`
			_, err := f.client.CoreV1().Services(f.places.monitoring).Patch(ctx, f.places.adapter, types.MergePatchType, []byte(patch), metav1.PatchOptions{})
			return err
		}
	}
	f.restoreAlways(selector("null"))
	f.strike("the adapter's Service selects no pod", selector(`"no-pod-has-this"`))
	f.awaitGone(f.metric, answer)
	f.hold(kept)
	f.requireFiring("CustomMetricsAPIDown")
	ended := f.end(f.restore)
	f.awaitRecovery(ended, recovery)
	f.finish(noneLost)
}
