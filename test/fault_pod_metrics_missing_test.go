// SPDX-License-Identifier: Apache-2.0

package test

import (
	"context"
	"strconv"
	"testing"
)

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
	process, err := f.node.Process(f.ctx, containerID(victim, appName))
	if err != nil {
		t.Fatal(err)
	}
	// Probes come from the node, the bridge's own address; scrapes from this one.
	prometheus := f.pods(f.places.monitoring, prometheusLabels)[0].Status.PodIP
	rule := func(action string) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := f.node.Exec(ctx, "nsenter", "--target", strconv.Itoa(process), "--net", "iptables", "--wait", action, "INPUT",
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
