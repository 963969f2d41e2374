// SPDX-License-Identifier: Apache-2.0

package test

import (
	"context"
	"fmt"
	"os/exec"
	"testing"

	"github.com/gruntwork-io/terratest/modules/terraform"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/environment"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/observe"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/budget"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/fault"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/suite"
)

// drainLimit is how long drainUnderLoad may take.
const drainLimit = budget.TerraformApply + budget.NodeStart + 4*budget.Settling + budget.Drain

// drainUnderLoad applies two of everything to a cluster of three nodes and drains
// the worker that has most of it: no request is lost, the autoscaler never wants fewer
// replicas, and afterwards it reads its metric. make test-nodes has the other tests of
// nodes, and demands that it reads its metric at every sync: here two clusters share the
// cores, and a read may time out.
func drainUnderLoad(t *testing.T, ctx context.Context, env environment.Environment, client kubernetes.Interface, o *terraform.Options) {
	t.Helper()
	terraform.Apply(t, o)
	settle := func() {
		t.Helper()
		ctx, cancel := context.WithTimeout(ctx, budget.Settling)
		defer cancel()
		if err := observe.AwaitSettled(ctx, client); err != nil {
			t.Fatal(err)
		}
	}
	settle()

	observer, stop, err := observe.Start(ctx, observe.Options{Client: client, Namespace: suite.AppNamespace, Name: suite.AppName, Metric: suite.MetricName, Log: t.Logf})
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	s := &suite.Suite{T: t, Ctx: ctx, Env: env, Client: client, Places: suite.Shared.Places}
	// The apply ends before the autoscaler has seen its new minimum, and a new pod has
	// no value before its window is full.
	fault.AwaitWholeWindows(s, 2)
	s.Until(budget.Settling, "until two replicas have a value", func(ctx context.Context) error {
		values, err := suite.ServedMetric(client).Values(ctx)
		if err == nil && len(values.Items) < 2 {
			err = fmt.Errorf("%d have one", len(values.Items))
		}
		return err
	})
	// A quarter of what make test-nodes sends: two clusters share the cores here, and a
	// stall of a second must not exhaust NGINX's connections.
	load := startMixed(s, "/lightwork", 25, 25, budget.Drain, 2)
	mark := observer.Mark()
	victim, pods := fullest(t, ctx, client)
	t.Logf("draining %s, with %q", victim, pods)
	drain := exec.CommandContext(ctx, "kubectl", "--kubeconfig="+env.Kubeconfig, "drain", victim, "--ignore-daemonsets", "--delete-emptydir-data", "--timeout="+budget.Drain.String())
	if out, err := drain.CombinedOutput(); err != nil {
		t.Fatalf("kubectl drain %s: %v\n%s", victim, err, out)
	}
	sent, lost := load.stop()
	t.Logf("%d requests while %s was drained, %d lost", sent, victim, lost)
	if fewer, found := observer.Since(mark).First(func(now observe.State) bool { return now.Wanted < 2 }); found {
		t.Errorf("while %s was drained: %s", victim, fewer)
	}
	if _, err := observer.Await(ctx, budget.Settling, "the autoscaler to read its metric", func(now observe.State) bool { return !now.Blind }); err != nil {
		t.Error(err)
	}
	if out, err := exec.CommandContext(ctx, "kubectl", "--kubeconfig="+env.Kubeconfig, "uncordon", victim).CombinedOutput(); err != nil {
		t.Fatalf("kubectl uncordon %s: %v\n%s", victim, err, out)
	}
	settle()
}

// fullest returns the worker with the most pods of the environment, and their names.
func fullest(t *testing.T, ctx context.Context, client kubernetes.Interface) (name string, pods []string) {
	t.Helper()
	on := map[string][]string{}
	at := suite.Shared.Places
	for _, namespace := range []string{suite.AppNamespace, at.Monitoring, at.Ingress} {
		list, err := client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for _, pod := range list.Items {
			if pod.Status.Phase == corev1.PodRunning {
				on[pod.Spec.NodeName] = append(on[pod.Spec.NodeName], pod.Name)
			}
		}
	}
	nodes, err := client.CoreV1().Nodes().List(ctx, metav1.ListOptions{LabelSelector: "!node-role.kubernetes.io/control-plane"})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range nodes.Items {
		if len(on[n.Name]) > len(pods) {
			name, pods = n.Name, on[n.Name]
		}
	}
	return name, pods
}
