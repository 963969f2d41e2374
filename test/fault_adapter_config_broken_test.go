// SPDX-License-Identifier: Apache-2.0

package test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/gruntwork-io/terratest/modules/terraform"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// Somebody edits a rule by hand, makes a mistake, and rolls the adapter. The new
// pod cannot start with that; the old one must go on to serve, as long as it
// takes. What ends it is the next `terraform apply`, without any repair by hand:
// it writes the rule anew and rolls the adapter.
func TestFaultAdapterConfigBroken(t *testing.T) {
	kept := max(shared.budget.forgetful(), shared.budget.alertFires())
	recovery := tfApply + crashBackoff + 2*shared.budget.hpaSync
	f := startFault(t, "the adapter's configuration broken by hand, and the adapter rolled", podReplace+kept+recovery)
	whole := f.before.rules[f.places.adapterConfigKey]
	broken := strings.Replace(whole, "seriesQuery:", "seriesQuerry:", 1)
	if broken == whole {
		t.Fatalf("the rules have no seriesQuery to break:\n%s", whole)
	}
	key := f.places.adapterConfigKey
	write := func(text string) func(context.Context) error {
		return func(ctx context.Context) error {
			maps := f.client.CoreV1().ConfigMaps(f.places.monitoring)
			rules, err := maps.Get(ctx, f.places.adapterConfigMap, metav1.GetOptions{})
			if err != nil || rules.Data[key] == text {
				return err
			}
			rules.Data[key] = text
			_, err = maps.Update(ctx, rules, metav1.UpdateOptions{})
			return err
		}
	}
	f.restoreAlways(write(whole))
	f.strike("a key of a rule is misspelt and the adapter rolled", func(ctx context.Context) error {
		if err := write(broken)(ctx); err != nil {
			return err
		}
		patch := `{"spec":{"template":{"metadata":{"annotations":{"kubectl.kubernetes.io/restartedAt":"` + time.Now().Format(time.RFC3339) + `"}}}}}`
		_, err := f.client.AppsV1().Deployments(f.places.monitoring).Patch(ctx, f.places.adapter, types.StrategicMergePatchType, []byte(patch), metav1.PatchOptions{})
		return err
	})
	f.awaitCrash(f.places.monitoring, f.adapterPods(), podReplace)
	f.requireServed()
	f.hold(kept)
	f.requireServed()
	f.requireFiring("ScrapeTargetDown")

	ended := f.end(func(context.Context) error {
		terraform.Apply(t, options(f.env))
		return nil
	})
	f.awaitRolled(f.places.monitoring, f.places.adapter, crashBackoff)
	f.awaitRecovery(ended, recovery)
	// The community's chart leaves no room for a pause before the old adapter ends,
	// so a question may still be sent to it.
	if onBundled() {
		f.requireServed()
	}
	f.requireHealthy(f.pods(f.places.monitoring, f.adapterPods()))
	f.finish(noneLost)
}

// requireServed fails the test unless the metric was served all the time.
func (f *fault) requireServed() {
	f.t.Helper()
	if spans := f.metric.Spans(); len(spans) > 0 {
		f.t.Fatalf("the metric was not served all the time: %+v", spans)
	}
}

// requireHealthy fails the test unless all pods are ready.
func (f *fault) requireHealthy(pods []corev1.Pod) {
	f.t.Helper()
	for _, pod := range pods {
		for _, c := range pod.Status.ContainerStatuses {
			if !c.Ready && pod.DeletionTimestamp == nil {
				f.t.Errorf("container %s of pod %s is not ready: %+v", c.Name, pod.Name, c.State)
			}
		}
	}
}
