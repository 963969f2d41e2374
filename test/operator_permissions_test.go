// SPDX-License-Identifier: Apache-2.0

package test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/budget"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/permissions"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/suite"
)

const (
	operatorName    = "prometheus-operator" // Deployment, service account and container
	monitoringGroup = "monitoring.coreos.com"
)

// What the operator checks about itself when it starts. It reports what it may not
// do, and then handles no Prometheus, or writes no events.
var operatorChecks = slices.Concat(
	permissions.Each([]string{"get", "list", "watch"}, monitoringGroup, []string{"prometheuses"}, permissions.MonitoringNamespace),
	permissions.Each([]string{"update"}, monitoringGroup, []string{"prometheuses/status"}, permissions.MonitoringNamespace),
	permissions.Each([]string{"create", "patch"}, "events.k8s.io", []string{"events"}, ""),
)

// What it exits without: a Prometheus selects namespaces by their labels.
var operatorStarts = permissions.Each([]string{"list", "watch"}, "", []string{"namespaces"}, "")

// What it watches. As long as it may not watch one of these it does nothing.
var operatorWatches = slices.Concat(
	permissions.Each([]string{"watch"}, monitoringGroup, []string{"servicemonitors", "podmonitors", "probes", "prometheusrules"}, ""),
	permissions.Each([]string{"watch"}, "", []string{"secrets", "configmaps"}, permissions.MonitoringNamespace),
	permissions.Each([]string{"watch"}, "apps", []string{"statefulsets"}, permissions.MonitoringNamespace),
)

// What it does in the life of a Prometheus, in this order. A copy is granted each
// permission after it was refused, and only then gets to the next one.
var operatorActs = []struct {
	permissions.Permission
	cause func(*operatorCopy) // makes the operator need it; nil when it does anyway
}{
	{permissions.Of("list", "", "configmaps", permissions.MonitoringNamespace), nil},
	{permissions.Of("get", "", "configmaps", permissions.MonitoringNamespace), nil},
	{permissions.Of("create", "", "configmaps", permissions.MonitoringNamespace), nil},
	{permissions.Of("get", "", "secrets", permissions.MonitoringNamespace), nil},
	{permissions.Of("create", "", "secrets", permissions.MonitoringNamespace), nil},
	{permissions.Of("delete", "", "secrets", permissions.MonitoringNamespace), nil}, // parts of a formerly larger one, which it deletes without checking
	{permissions.Of("update", "", "secrets", permissions.MonitoringNamespace), nil},
	{permissions.Of("get", "", "services", permissions.MonitoringNamespace), nil},
	{permissions.Of("create", "", "services", permissions.MonitoringNamespace), nil},
	{permissions.Of("create", "apps", "statefulsets", permissions.MonitoringNamespace), nil},
	{permissions.Of("update", "", "services", permissions.MonitoringNamespace), nil},
	{permissions.Of("patch", monitoringGroup, "prometheuses/status", permissions.MonitoringNamespace), nil},
	{permissions.Of("list", "", "pods", permissions.MonitoringNamespace), nil}, // how many are ready is in the status
	{permissions.Of("get", "apps", "statefulsets", permissions.MonitoringNamespace), nil},
	{permissions.Of("update", "apps", "statefulsets", permissions.MonitoringNamespace), nil},
	{permissions.Of("delete", "apps", "statefulsets", permissions.MonitoringNamespace), (*operatorCopy).changeImmutable},
	{permissions.Of("update", "", "configmaps", permissions.MonitoringNamespace), (*operatorCopy).shortenRules},
	{permissions.Of("delete", "", "configmaps", permissions.MonitoringNamespace), nil},
}

// What the operator may do although the one that runs here does not need it. It
// reveals nothing that a watch does not.
var operatorSpare = slices.Concat(
	// Its libraries receive the list as the start of a watch, and list where the API server cannot do that.
	permissions.Each([]string{"list"}, monitoringGroup, []string{"servicemonitors", "podmonitors", "probes", "prometheusrules"}, ""),
	permissions.Each([]string{"list"}, "", []string{"secrets"}, permissions.MonitoringNamespace),
	permissions.Each([]string{"list"}, "apps", []string{"statefulsets"}, permissions.MonitoringNamespace),
)

// What a copy works on: a Prometheus without pods, whose rules are too long for
// one config map, and a monitor that is rejected.
const operatorWorld = `apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: turned-down, namespace: NAMESPACE}
spec:
  selector: {}
  endpoints: [{port: http, bearerTokenFile: /etc/passwd}]
---
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {name: first, namespace: NAMESPACE}
spec: {groups: [{name: first, rules: [{alert: First, expr: vector(1), annotations: {summary: LONG}}]}]}
---
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {name: second, namespace: NAMESPACE}
spec: {groups: [{name: second, rules: [{alert: Second, expr: vector(1), annotations: {summary: LONG}}]}]}
---
apiVersion: monitoring.coreos.com/v1
kind: Prometheus
metadata: {name: prometheus, namespace: NAMESPACE}
spec:
  replicas: 0
  podManagementPolicy: Parallel
  ruleSelector: {}
  serviceMonitorSelector: {}
  arbitraryFSAccessThroughSMs: {deny: true}
`

// ruleLength is more than half of what the operator puts into one config map.
const ruleLength = 300_000

// Each permission of the operator is needed, and no other. Copies of it, each with a
// Prometheus of its own, lack what they check, what they start with or what they
// watch. One more lacks everything it acts with, is granted one permission after the
// other, and must then have done all of its work.
func TestOperatorPermissions(t *testing.T) {
	s := suite.Start(t, 10*budget.Answer+time.Duration(len(operatorActs)+8)*budget.PodStart)
	suite.NeedBundled(t)
	needs := slices.Concat(operatorChecks, operatorStarts, operatorWatches)
	var acts []permissions.Permission
	for _, act := range operatorActs {
		acts = append(acts, act.Permission)
	}
	needs = append(needs, acts...)
	permissions.Review(s, "the operator", permissions.Granted(s, permissions.MonitoringNamespace, operatorName), needs, operatorSpare)

	c := &permissions.Copies{Suite: s, Part: "operator"}
	all := append(needs, operatorSpare...)
	acting := operator(c, "acting", permissions.Without(all, acts))
	for _, lacking := range []struct {
		name string
		what []permissions.Permission
	}{{"checks", operatorChecks}, {"starts", operatorStarts}, {"watches", operatorWatches}} {
		o := operator(c, lacking.name, permissions.Without(all, lacking.what))
		for _, p := range lacking.what {
			c.Until(budget.PodStart, fmt.Sprintf("until a copy that may not %s says so", p), func(ctx context.Context) error {
				return c.Refused(ctx, o.namespace, o.namespace, operatorName, o.own(p))
			})
		}
	}
	for i, act := range operatorActs {
		if act.cause != nil {
			act.cause(acting)
		}
		c.Until(budget.PodStart, fmt.Sprintf("until a copy that may not %s says so", act.Permission), func(ctx context.Context) error {
			acting.stir()
			return c.Refused(ctx, acting.namespace, acting.namespace, operatorName, acting.own(act.Permission))
		})
		c.Grant(acting.namespace, "acting", fmt.Sprint(i), []permissions.Permission{acting.own(act.Permission)})
	}
	c.Until(budget.PodStart, "until a copy that was given everything has done its work", func(ctx context.Context) error {
		acting.stir()
		return acting.done(ctx)
	})
}

// operatorCopy is a copy of the operator that works on one Prometheus.
type operatorCopy struct {
	*permissions.Copies
	custom    permissions.CustomResources
	namespace string // also the name of the service account and the pod
	stirred   int
}

// operator starts a copy that may do in a namespace of its own what the operator
// may do in Prometheus' namespace.
func operator(c *permissions.Copies, of string, may []permissions.Permission) *operatorCopy {
	c.T.Helper()
	o := &operatorCopy{Copies: c, custom: c.Custom(), namespace: c.Namespace(of)}
	deployment, err := c.Client.AppsV1().Deployments(permissions.MonitoringNamespace).Get(c.Ctx, operatorName, metav1.GetOptions{})
	if err != nil {
		c.T.Fatal(err)
	}
	c.Apply(o.custom, o.namespace, strings.ReplaceAll(operatorWorld, "LONG", strings.Repeat("x", ruleLength)))
	spec := deployment.Spec.Template.Spec
	const scope = "--prometheus-instance-namespaces="
	at := slices.Index(spec.Containers[0].Args, scope+permissions.MonitoringNamespace)
	if at < 0 {
		c.T.Fatalf("the operator has no argument %s%s: %q", scope, permissions.MonitoringNamespace, spec.Containers[0].Args)
	}
	spec.Containers[0].Args[at] = scope + o.namespace
	c.Run(o.namespace, c.Account(o.namespace, of, permissions.Moved(may, permissions.MonitoringNamespace, o.namespace)), nil, spec)
	return o
}

// own returns a permission of the operator as this copy has it.
func (o *operatorCopy) own(p permissions.Permission) permissions.Permission {
	return permissions.Moved([]permissions.Permission{p}, permissions.MonitoringNamespace, o.namespace)[0]
}

// change changes an object of the copy's world.
func (o *operatorCopy) change(resource, name, patch string) {
	o.T.Helper()
	at := schema.GroupVersionResource{Group: monitoringGroup, Version: "v1", Resource: resource}
	if _, err := o.custom.Resource(at).Namespace(o.namespace).Patch(o.Ctx, name, types.MergePatchType, []byte(patch), metav1.PatchOptions{}); err != nil {
		o.T.Fatal(err)
	}
}

// stir makes the operator reconcile its Prometheus now: after a failure it retries
// only with a growing backoff.
func (o *operatorCopy) stir() {
	o.T.Helper()
	o.stirred++
	o.change("prometheuses", "prometheus", fmt.Sprintf(`{"spec":{"scrapeInterval":"%ds"}}`, 100+o.stirred))
}

// changeImmutable makes a change for which the StatefulSet must be recreated.
func (o *operatorCopy) changeImmutable() {
	o.change("prometheuses", "prometheus", `{"spec":{"podManagementPolicy":"OrderedReady"}}`)
}

// shortenRules leaves one of two config maps without rules.
func (o *operatorCopy) shortenRules() {
	o.change("prometheusrules", "first", `{"spec":{"groups":[]}}`)
}

// done returns an error unless the operator has created what its Prometheus asks for.
func (o *operatorCopy) done(ctx context.Context) error {
	set, err := o.Client.AppsV1().StatefulSets(o.namespace).Get(ctx, "prometheus-prometheus", metav1.GetOptions{})
	if err != nil {
		return err
	}
	if set.Spec.PodManagementPolicy != "OrderedReady" {
		return fmt.Errorf("the StatefulSet has the policy %s, which it had at first", set.Spec.PodManagementPolicy)
	}
	events, err := o.Client.EventsV1().Events(o.namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	told := false
	for _, event := range events.Items {
		told = told || event.Regarding.Name == "turned-down"
	}
	if !told {
		return fmt.Errorf("none of %d events says that the monitor was rejected", len(events.Items))
	}
	at := schema.GroupVersionResource{Group: monitoringGroup, Version: "v1", Resource: "prometheuses"}
	prometheus, err := o.custom.Resource(at).Namespace(o.namespace).Get(ctx, "prometheus", metav1.GetOptions{})
	if err != nil {
		return err
	}
	conditions, _, err := unstructured.NestedSlice(prometheus.Object, "status", "conditions")
	if err != nil {
		return err
	}
	for _, condition := range conditions {
		if is, ok := condition.(map[string]any); ok && is["type"] == "Reconciled" && is["status"] == "True" {
			return nil
		}
	}
	text, err := json.Marshal(conditions)
	return fmt.Errorf("the Prometheus is not reconciled: %s, %v", text, err)
}
