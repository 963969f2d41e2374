// SPDX-License-Identifier: Apache-2.0

package test

import (
	"context"
	"testing"
)

// A replica crashes. The others serve what it would have served; only what it
// was about to answer can be lost. Its counter begins at zero again, and its
// rate is missing for a moment: the autoscaler takes neither for less load.
func TestFaultAppPodKilled(t *testing.T) {
	recovery := podStart + shared.budget.backInRate()
	f := startFault(t, "a replica of the application killed", recovery)
	victim := f.pods(appNamespace, "app.kubernetes.io/name="+appName)[0]
	f.strike("the process of "+victim.Name+" is killed", func(ctx context.Context) error { return f.kill(ctx, victim, appName) })
	f.awaitRestart(victim, appName, podStart)
	f.awaitRecovery(f.record.Began, recovery)
	f.finish(permitted{what: "what the replica was about to answer: 2 requests at the most", most: 2})
}

// There is one NGINX: until another serves, nobody does. The autoscaler sees
// the traffic fall, which is true; the stabilization window is longer than a
// replacement takes. Then it sees what has waited come all at once, which is true
// as well and may bring a replica for a while.
func TestFaultIngressPodKilled(t *testing.T) {
	b := shared.budget
	recovery := podReplace + b.backInRate() + b.stabilization + b.podStop // the last two for a replica too many
	f := startFault(t, "the only NGINX killed", recovery)
	f.strike("the pod of NGINX is killed and removed", func(ctx context.Context) error {
		return f.removePods(ctx, f.places.ingress, f.selector(f.places.ingress, f.places.ingressDeployment))
	})
	f.awaitGone(f.ingress, answer)
	f.awaitRecovery(f.record.Began, recovery)
	f.finish(permitted{what: "those until another NGINX serves", whileGone: true})
}

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

// Without an API server nothing changes any more: what serves goes on to serve,
// and nobody can scale. The kubelet restarts it.
func TestFaultAPIServerRestarted(t *testing.T) {
	recovery := apiRestart + leaseEnd + shared.budget.backInRate()
	f := startFault(t, "kube-apiserver restarted", recovery)
	f.strike("the process of kube-apiserver is killed", func(ctx context.Context) error {
		return f.kill(ctx, f.pods(systemNamespace, "component=kube-apiserver")[0], "kube-apiserver")
	})
	f.awaitGone(f.metric, apiRestart)
	f.awaitRecovery(f.record.Began, recovery)
	f.finish(noneLost)
}

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
