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

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/budget"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/fault"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/suite"
)

// A rule is edited by hand, with a mistake, and the adapter is rolled. The new pod
// cannot serve that text, and says why; the old one must continue to serve for as
// long as it takes. The next `terraform apply` ends the fault without a manual repair:
// it writes the rule again.
func TestFaultAdapterConfigBroken(t *testing.T) {
	kept := max(suite.Shared.Budget.Forgetful(), suite.Shared.Budget.AlertFires())
	recovery := budget.TerraformApply + budget.CrashBackoff + 2*suite.Shared.Budget.HPASync
	f := fault.Start(t, "the adapter's configuration broken by hand, and the adapter rolled", budget.PodReplace+kept+recovery)
	whole := f.Before.Rules[f.Places.AdapterConfigKey]
	broken := strings.Replace(whole, "seriesQuery:", "seriesQuerry:", 1)
	if broken == whole {
		t.Fatalf("the rules have no seriesQuery to break:\n%s", whole)
	}
	key := f.Places.AdapterConfigKey
	write := func(text string) func(context.Context) error {
		return func(ctx context.Context) error {
			maps := f.Client.CoreV1().ConfigMaps(f.Places.Monitoring)
			rules, err := maps.Get(ctx, f.Places.AdapterConfigMap, metav1.GetOptions{})
			if err != nil || rules.Data[key] == text {
				return err
			}
			rules.Data[key] = text
			_, err = maps.Update(ctx, rules, metav1.UpdateOptions{})
			return err
		}
	}
	f.RestoreAlways(write(whole))
	f.Strike("a key of a rule is misspelt and the adapter rolled", func(ctx context.Context) error {
		if err := write(broken)(ctx); err != nil {
			return err
		}
		patch := `{"spec":{"template":{"metadata":{"annotations":{"kubectl.kubernetes.io/restartedAt":"` + time.Now().Format(time.RFC3339) + `"}}}}}`
		_, err := f.Client.AppsV1().Deployments(f.Places.Monitoring).Patch(ctx, f.Places.Adapter, types.StrategicMergePatchType, []byte(patch), metav1.PatchOptions{})
		return err
	})
	alert := "ScrapeTargetDown"
	if f.Places.Reloads {
		alert = "AdapterRulesRefused"
		f.AwaitRefusal("seriesQuerry", budget.PodReplace)
	} else {
		f.AwaitCrash(f.Places.Monitoring, f.AdapterPods(), budget.PodReplace)
	}
	f.RequireServed()
	f.Hold(kept)
	f.RequireServed()
	f.RequireFiring(alert)

	ended := f.End(func(context.Context) error {
		terraform.Apply(t, suite.Options(f.Env))
		return nil
	})
	f.AwaitRolled(f.Places.Monitoring, f.Places.Adapter, budget.CrashBackoff)
	f.AwaitRecovery(ended, recovery)
	// The community's chart cannot make the old adapter wait before it ends, so a
	// request may still be sent to it.
	if suite.OnBundled() {
		f.RequireServed()
	}
	f.RequireHealthy(f.Pods(f.Places.Monitoring, f.AdapterPods()))
	f.Finish(fault.NoneLost)
}

// Prometheus cannot scrape one replica any more; all other clients reach it. Its
// rate falls until the last scrape leaves the window, and is missing after that.
// The stabilization window covers the fall. For a missing value the autoscaler
// assumes the target when it would scale down, and zero when it would scale up.
//
// The iptables rule is in the replica's own network namespace, and is gone with
// it.
func TestFaultPodMetricsMissing(t *testing.T) {
	kept := max(suite.Shared.Budget.Forgetful(), suite.Shared.Budget.AlertFires())
	recovery := suite.Shared.Budget.BackInRate()
	f := fault.Start(t, "the metrics of one replica missing", budget.PodStart+kept+recovery)
	victim := f.Pods(suite.AppNamespace, "app.kubernetes.io/name="+suite.AppName)[0]
	process, err := f.Machine.Process(f.Ctx, fault.ContainerID(victim, suite.AppName))
	if err != nil {
		t.Fatal(err)
	}
	// Scrapes come from Prometheus' address, probes from the node's: only the first are refused.
	prometheus := f.Pods(f.Places.Monitoring, fault.PrometheusLabels)[0].Status.PodIP
	rule := func(action string) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := f.Machine.Exec(ctx, "nsenter", "--target", strconv.Itoa(process), "--net", "iptables", "--wait", action, "INPUT",
				"--source", prometheus,
				"--protocol", "tcp", "--destination-port", strconv.Itoa(suite.MetricsPort), "--jump", "REJECT", "--reject-with", "tcp-reset")
			return err
		}
	}
	f.Strike("scrapes of "+victim.Name+" are refused", rule("--insert"))
	f.RestoreAlways(rule("--delete"))
	f.AwaitGone(f.Metric, budget.PodStart)
	f.Hold(kept)
	f.RequireFiring("ScrapeTargetDown")
	ended := f.End(f.Restore)
	f.AwaitRecovery(ended, recovery)
	f.Finish(fault.NoneLost)
}

// The adapter's Service has no endpoint for two minutes or more: the API server
// answers each request for the metric with an error. That is longer than any
// recommendation counts, so the replicas stay only because the autoscaler does
// nothing without a metric.
func TestFaultMetricsAPIFailing(t *testing.T) {
	kept := max(2*time.Minute, suite.Shared.Budget.Forgetful(), suite.Shared.Budget.AlertFires())
	recovery := budget.APIRestart + 2*suite.Shared.Budget.HPASync
	f := fault.Start(t, "the metrics API answers with errors", kept+recovery)
	selector := func(value string) func(context.Context) error {
		return func(ctx context.Context) error {
			patch := `{"spec":{"selector":{"fault":` + value + `}}}`
			_, err := f.Client.CoreV1().Services(f.Places.Monitoring).Patch(ctx, f.Places.Adapter, types.MergePatchType, []byte(patch), metav1.PatchOptions{})
			return err
		}
	}
	f.RestoreAlways(selector("null"))
	f.Strike("the adapter's Service selects no pod", selector(`"no-pod-has-this"`))
	f.AwaitGone(f.Metric, budget.Answer)
	f.Hold(kept)
	f.RequireFiring("CustomMetricsAPIDown")
	ended := f.End(f.Restore)
	f.AwaitRecovery(ended, recovery)
	f.Finish(fault.NoneLost)
}

// The only node stops, with everything on it, and is started again. Nothing can
// serve meanwhile. Then everything restarts at once: a controller manager without
// recommendations, rates without a full window, an NGINX that may serve only after
// the autoscaler's first sync.
func TestFaultNodeRestarted(t *testing.T) {
	b := suite.Shared.Budget
	recovery := budget.NodeStart + b.BackInRate() + b.Stabilization + b.PodStop // the last two for a replica too many
	f := fault.Start(t, "the node stopped and started", budget.NodeStop+recovery)
	f.T.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), budget.NodeStop)
		defer cancel()
		if err := f.Machine.Start(ctx); err != nil { // no error when it runs
			f.T.Errorf("starting the node: %v", err)
		}
	})
	f.Strike("the node stops", f.Machine.Stop)
	f.Record.Held = time.Since(f.Record.Began).Seconds()
	started := f.End(f.Machine.Start)
	f.AwaitRecovery(started, recovery)
	// The node comes back with another address. For two minutes the host still tracks
	// earlier connections, and sends a new one from the same port to the old address,
	// which costs a few more requests.
	f.Finish(fault.Permitted{What: "those until the node's parts have found each other, and 10 more", UntilRecovered: true, Most: 10})
}
