// SPDX-License-Identifier: Apache-2.0

package test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/gruntwork-io/terratest/modules/terraform"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/environment"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/observe"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/budget"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/inventory"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/suite"
)

// The test takes an inventory of an empty cluster of its own. It applies the released
// configuration and today's over it, which replaces nothing and loses no request.
// Then it applies two of everything, and drains a worker under load. After all of it
// is destroyed, the cluster has the same objects of every type as before, apart from
// those in test/internal/inventory/ignore.go.
func TestDestroyLeavesNothing(t *testing.T) {
	const limit = budget.KindDown + budget.WarmUp + 3*budget.Settling + 2*budget.TerraformApply + 2*budget.TerraformPlan + drainLimit + budget.TerraformDestroy + budget.Collection
	ctx := suite.NeedCluster(t, limit)
	env := secondCluster(t, ctx)

	config, err := suite.APIServer(env)
	if err != nil {
		t.Fatal(err)
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	objects, err := metadata.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	// Not the client's own discovery: nothing may be cached from one inventory to
	// the next.
	types, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	// Both environments use the same charts, so their parts are in the same places.
	at := suite.Shared.Places
	suite.DumpOnFailure(t, env, client, at)

	// What Kubernetes creates by itself must exist before the first inventory, or it
	// would seem to be left over in the second.
	settlingCtx, settled := context.WithTimeout(ctx, budget.Settling)
	defer settled()
	if err := observe.AwaitSettled(settlingCtx, client); err != nil {
		t.Fatal(err)
	}
	cluster := inventory.Cluster{Discovery: types, Metadata: objects}
	before, err := cluster.Take(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("the empty cluster holds %d objects", len(before))

	applyOverReleased(t, ctx, env, client)
	applied, err := cluster.Take(ctx)
	if err != nil {
		t.Fatal(err)
	}
	requireInstalled(t, inventory.Compare(before, applied), at)
	o := suite.Options(env)
	o.Vars = map[string]any{"ha": true}
	drainUnderLoad(t, ctx, env, client, o)
	suite.RequireEmptyPlan(t, o)

	terraform.Destroy(t, o)
	awaitCtx, cancel := context.WithTimeout(ctx, budget.Collection)
	defer cancel()
	if left, err := cluster.AwaitSame(awaitCtx, before, budget.LookAgain, t.Logf); err != nil {
		t.Errorf("%s after terraform destroy: %v; the difference to the empty cluster:\n%s", budget.Collection, err, left)
	}
}

// secondCluster creates an empty cluster of three nodes next to the shared one, and
// removes it after the test, even if that fails.
func secondCluster(t *testing.T, ctx context.Context) environment.Environment {
	t.Helper()
	const nodes = 3 // each takes a port, from HTTP_PORT on
	port, err := environment.FreePorts(nodes + 1)
	if err != nil {
		t.Fatal(err)
	}
	// Without ports in its settings the tool accepts those of a leftover cluster,
	// instead of refusing to change them.
	tool := suite.Shared.Tool.With(fmt.Sprintf("CLUSTER=%s-destroy", suite.Shared.Env.Cluster), fmt.Sprintf("NODES=%d", nodes), "CHARTS="+suite.Shared.Env.Env["CHARTS"], "HTTP_PORT=", "PROMETHEUS_PORT=")
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), budget.KindDown)
		defer cancel()
		if err := tool.Down(ctx); err != nil {
			t.Errorf("the second cluster may be left over: %v", err)
		}
	})
	// A run that was killed may have left one, with objects in it.
	if err := tool.Down(ctx); err != nil {
		t.Fatal(err)
	}
	fresh := tool.With(fmt.Sprintf("HTTP_PORT=%d", port), fmt.Sprintf("PROMETHEUS_PORT=%d", port+nodes))
	if err := fresh.Up(ctx, "--no-apply"); err != nil {
		t.Fatal(err)
	}
	env, err := tool.Describe(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if env.Kubeconfig == suite.Shared.Env.Kubeconfig {
		t.Fatalf("both clusters use the kubeconfig %q: going on would destroy the wrong one", env.Kubeconfig)
	}
	return env
}

// requireInstalled fails the test when the apply did not create what a destroy
// could leave behind.
func requireInstalled(t *testing.T, installed inventory.Difference, at suite.Places) {
	t.Helper()
	const crds, extensions = "customresourcedefinitions", "apiextensions.k8s.io"
	published := inventory.Object{Group: extensions, Resource: crds, Name: "httproutes.gateway.networking.k8s.io"}
	if at.Exposure == "ingress" {
		published = inventory.Object{Group: "networking.k8s.io", Resource: "ingresses", Namespace: suite.AppNamespace, Name: suite.AppName}
	}
	for _, want := range []inventory.Object{
		{Resource: "namespaces", Name: suite.AppNamespace},
		{Resource: "namespaces", Name: at.Monitoring},
		{Resource: "namespaces", Name: at.Ingress},
		{Group: "apps", Resource: "deployments", Namespace: suite.AppNamespace, Name: suite.AppName},
		{Group: "autoscaling", Resource: "horizontalpodautoscalers", Namespace: suite.AppNamespace, Name: suite.AppName},
		{Group: "apiregistration.k8s.io", Resource: "apiservices", Name: "v1beta1.custom.metrics.k8s.io"},
		{Group: extensions, Resource: crds, Name: "servicemonitors.monitoring.coreos.com"},
		published,
	} {
		if !slices.Contains(installed.Added, want) {
			t.Errorf("terraform apply did not create %s", want)
		}
	}
}
