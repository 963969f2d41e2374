// SPDX-License-Identifier: Apache-2.0

package test

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gruntwork-io/terratest/modules/terraform"
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

// Prometheus cannot reach one replica any more, and everybody else can. Its rate
// falls to nothing over one window and is missing after that. The stabilization
// window covers the fall; for what is missing the autoscaler assumes that the
// replica has just its target.
//
// The rule is set where the replica's traffic comes in, in its own network
// namespace, and goes with it.
func TestFaultPodMetricsMissing(t *testing.T) {
	kept := max(shared.budget.forgetful(), shared.budget.alertFires())
	recovery := shared.budget.backInRate()
	f := startFault(t, "the metrics of one replica missing", podStart+kept+recovery)
	victim := f.pods(appNamespace, "app.kubernetes.io/name="+appName)[0]
	process, err := f.machine.Process(f.ctx, containerID(victim, appName))
	if err != nil {
		t.Fatal(err)
	}
	// Probes come from the node, the bridge's own address; scrapes from this one.
	prometheus := f.pods(f.places.monitoring, prometheusLabels)[0].Status.PodIP
	rule := func(action string) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := f.machine.Exec(ctx, "nsenter", "--target", strconv.Itoa(process), "--net", "iptables", "--wait", action, "INPUT",
				"--source", prometheus,
				"--protocol", "tcp", "--destination-port", strconv.Itoa(metricsPort), "--jump", "REJECT", "--reject-with", "tcp-reset")
			return err
		}
	}
	f.strike("scrapes of "+victim.Name+" are refused", rule("--insert"))
	f.restoreAlways(rule("--delete"))
	f.awaitGone(f.metric, podStart)
	f.hold(kept)
	f.requireFiring("ScrapeTargetDown")
	ended := f.end(f.restore)
	f.awaitRecovery(ended, recovery)
	f.finish(noneLost)
}

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

// The only node stops, with everything, and is started again. Nothing can serve
// meanwhile. After that it is everything at once: a new controller manager
// without recommendations, rates that begin again, an NGINX that may serve later
// than the autoscaler looks.
func TestFaultNodeRestarted(t *testing.T) {
	b := shared.budget
	recovery := nodeStart + b.backInRate() + b.stabilization + b.podStop // the last two for a replica too many
	f := startFault(t, "the node stopped and started", nodeStop+recovery)
	f.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), nodeStop)
		defer cancel()
		if err := f.machine.Start(ctx); err != nil { // no error when it runs
			f.t.Errorf("starting the node: %v", err)
		}
	})
	f.strike("the node stops", f.machine.Stop)
	f.record.Held = time.Since(f.record.Began).Seconds()
	started := f.end(f.machine.Start)
	f.awaitRecovery(started, recovery)
	// The node comes back with another address. For two minutes the host still has
	// connections of before in mind, and sends a new one from the same port to the
	// old address: that costs a few requests more.
	f.finish(permitted{what: "those until the node's parts have found each other, and 10 more", untilRecovered: true, most: 10})
}
