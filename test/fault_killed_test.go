// SPDX-License-Identifier: Apache-2.0

package test

import (
	"context"
	"testing"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/budget"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/fault"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/suite"
)

// A replica crashes. The others serve what it would have served; only what it
// was about to answer can be lost. Its counter restarts at zero, and its rate is
// missing for a moment: the autoscaler takes neither for less load.
func TestFaultAppPodKilled(t *testing.T) {
	recovery := budget.PodStart + suite.Shared.Budget.BackInRate()
	f := fault.Start(t, "a replica of the application killed", recovery)
	victim := f.Pods(suite.AppNamespace, "app.kubernetes.io/name="+suite.AppName)[0]
	f.Strike("the process of "+victim.Name+" is killed", func(ctx context.Context) error { return f.Kill(ctx, victim, suite.AppName) })
	f.AwaitRestart(victim, suite.AppName, budget.PodStart)
	f.AwaitRecovery(f.Record.Began, recovery)
	f.Finish(fault.Permitted{What: "what the replica was about to answer: 2 requests at the most", Most: 2})
}

// There is one NGINX: until its successor serves, requests are lost. The
// autoscaler sees the traffic fall, which is true; the stabilization window is
// longer than a replacement takes. Then the requests that have waited arrive at
// once, which is true as well and may bring a replica for a while.
func TestFaultIngressPodKilled(t *testing.T) {
	b := suite.Shared.Budget
	recovery := budget.PodReplace + b.BackInRate() + b.Stabilization + b.PodStop // the last two for a replica too many
	f := fault.Start(t, "the only NGINX killed", recovery)
	f.Strike("the pod of NGINX is killed and removed", func(ctx context.Context) error {
		return f.RemovePods(ctx, f.Places.Ingress, f.Selector(f.Places.Ingress, f.Places.IngressDeployment))
	})
	f.AwaitGone(f.Ingress, budget.Answer)
	f.AwaitRecovery(f.Record.Began, recovery)
	f.Finish(fault.Permitted{What: "those until another NGINX serves", WhileGone: true})
}

// Prometheus keeps its samples in its pod, so they are lost with the pod. Without
// Prometheus there is no metric, and the autoscaler does nothing. With a new one
// the first rates would be far too low, because two samples stand for a whole
// window. The rule's query has no value until its window is full, so the
// autoscaler still does nothing.
func TestFaultPrometheusKilled(t *testing.T) {
	recovery := budget.PodReplace + suite.Shared.Budget.BackInRate()
	f := fault.Start(t, "Prometheus killed, its samples lost", recovery)
	f.Strike("the pod of Prometheus is killed and removed", func(ctx context.Context) error {
		return f.RemovePods(ctx, f.Places.Monitoring, fault.PrometheusLabels)
	})
	f.AwaitGone(f.Metric, budget.PodReplace)
	f.AwaitRecovery(f.Record.Began, recovery)
	f.Finish(fault.NoneLost)
}

// Without the adapter the metrics API does not answer, and the autoscaler does
// nothing. The Deployment replaces the adapter.
func TestFaultAdapterKilled(t *testing.T) {
	recovery := budget.PodReplace + 2*suite.Shared.Budget.HPASync
	f := fault.Start(t, "adapter killed", recovery)
	f.Strike("the pod of the adapter is killed and removed", func(ctx context.Context) error {
		return f.RemovePods(ctx, f.Places.Monitoring, f.AdapterPods())
	})
	f.AwaitGone(f.Metric, budget.PodReplace)
	f.AwaitRecovery(f.Record.Began, recovery)
	f.Finish(fault.NoneLost)
}

// Without an API server nothing changes: what serves continues to serve, and
// nothing can scale. The kubelet restarts it.
func TestFaultAPIServerRestarted(t *testing.T) {
	recovery := budget.APIRestart + budget.LeaseEnd + suite.Shared.Budget.BackInRate()
	f := fault.Start(t, "kube-apiserver restarted", recovery)
	f.Strike("the process of kube-apiserver is killed", func(ctx context.Context) error {
		return f.Kill(ctx, f.Pods(suite.SystemNamespace, "component=kube-apiserver")[0], "kube-apiserver")
	})
	f.AwaitGone(f.Metric, budget.APIRestart)
	f.AwaitRecovery(f.Record.Began, recovery)
	f.Finish(fault.NoneLost)
}

// The autoscaler is part of the controller manager. A new one does not know the
// recommendations of the old one: its first one is the current number of replicas.
// Until it holds the lease, nothing scales.
func TestFaultControllerManagerRestarted(t *testing.T) {
	recovery := budget.PodStart + budget.LeaseEnd + suite.Shared.Budget.BackInRate()
	f := fault.Start(t, "kube-controller-manager restarted", recovery)
	victim := f.Pods(suite.SystemNamespace, "component=kube-controller-manager")[0]
	f.Strike("the process of kube-controller-manager is killed", func(ctx context.Context) error {
		return f.Kill(ctx, victim, "kube-controller-manager")
	})
	f.AwaitRestart(victim, "kube-controller-manager", budget.PodStart)
	f.AwaitRecovery(f.Record.Began, recovery)
	f.Finish(fault.NoneLost)
}
