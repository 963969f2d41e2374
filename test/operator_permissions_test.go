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
)

const (
	operatorName    = "prometheus-operator" // Deployment, service account and container
	monitoringGroup = "monitoring.coreos.com"
)

// What the operator asks about itself before it begins. It says what it may not,
// and leaves alone what it could do but for that: every Prometheus, and events.
var operatorChecks = slices.Concat(
	each([]string{"get", "list", "watch"}, monitoringGroup, []string{"prometheuses"}, monitoringNamespace),
	each([]string{"update"}, monitoringGroup, []string{"prometheuses/status"}, monitoringNamespace),
	each([]string{"create", "patch"}, "events.k8s.io", []string{"events"}, ""),
)

// What it ends without: a Prometheus selects namespaces by their labels.
var operatorStarts = each([]string{"list", "watch"}, "", []string{"namespaces"}, "")

// What it follows. As long as it may not watch one of these it does nothing.
var operatorWatches = slices.Concat(
	each([]string{"watch"}, monitoringGroup, []string{"servicemonitors", "podmonitors", "probes", "prometheusrules"}, ""),
	each([]string{"watch"}, "", []string{"secrets", "configmaps"}, monitoringNamespace),
	each([]string{"watch"}, "apps", []string{"statefulsets"}, monitoringNamespace),
)

// What it does in the life of a Prometheus, in this order. A copy is given each
// of them when it was refused it, and comes to the next one only so.
var operatorActs = []struct {
	permission
	cause func(*operatorCopy) // what makes the operator want it; nil when it does anyway
}{
	{permission{"list", "", "configmaps", monitoringNamespace}, nil},
	{permission{"get", "", "configmaps", monitoringNamespace}, nil},
	{permission{"create", "", "configmaps", monitoringNamespace}, nil},
	{permission{"get", "", "secrets", monitoringNamespace}, nil},
	{permission{"create", "", "secrets", monitoringNamespace}, nil},
	{permission{"delete", "", "secrets", monitoringNamespace}, nil}, // parts of one that was larger, which it looks for in this way
	{permission{"update", "", "secrets", monitoringNamespace}, nil},
	{permission{"get", "", "services", monitoringNamespace}, nil},
	{permission{"create", "", "services", monitoringNamespace}, nil},
	{permission{"create", "apps", "statefulsets", monitoringNamespace}, nil},
	{permission{"update", "", "services", monitoringNamespace}, nil},
	{permission{"patch", monitoringGroup, "prometheuses/status", monitoringNamespace}, nil},
	{permission{"list", "", "pods", monitoringNamespace}, nil}, // how many are ready is in the status
	{permission{"get", "apps", "statefulsets", monitoringNamespace}, nil},
	{permission{"update", "apps", "statefulsets", monitoringNamespace}, nil},
	{permission{"delete", "apps", "statefulsets", monitoringNamespace}, (*operatorCopy).changeImmutable},
	{permission{"update", "", "configmaps", monitoringNamespace}, (*operatorCopy).shortenRules},
	{permission{"delete", "", "configmaps", monitoringNamespace}, nil},
}

// What the operator may do although the one that runs here does not need it. Who
// may watch sees no more by it.
var operatorSpare = slices.Concat(
	// Its libraries have a watch begin with the list, and list where the API server cannot do that.
	each([]string{"list"}, monitoringGroup, []string{"servicemonitors", "podmonitors", "probes", "prometheusrules"}, ""),
	each([]string{"list"}, "", []string{"secrets"}, monitoringNamespace),
	each([]string{"list"}, "apps", []string{"statefulsets"}, monitoringNamespace),
)

// What a copy works on: a Prometheus without pods, whose rules are too long for
// one config map, and a monitor that is turned down.
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

// Each permission of the operator is needed, and no other. Copies of it, each
// with a Prometheus of its own, lack what they ask about, what they start with
// and what they watch; one more has nothing of what it acts by, is given one
// after the other, and has done all of its work in the end.
func TestOperatorPermissions(t *testing.T) {
	s := start(t, 10*answer+time.Duration(len(operatorActs)+8)*podStart)
	needBundled(t)
	needs := slices.Concat(operatorChecks, operatorStarts, operatorWatches)
	var acts []permission
	for _, act := range operatorActs {
		acts = append(acts, act.permission)
	}
	needs = append(needs, acts...)
	review(s, "the operator", granted(s, monitoringNamespace, operatorName), needs, operatorSpare)

	c := &copies{suite: s, part: "operator"}
	all := append(needs, operatorSpare...)
	acting := c.operator("acting", without(all, acts))
	for _, lacking := range []struct {
		name string
		what []permission
	}{{"checks", operatorChecks}, {"starts", operatorStarts}, {"watches", operatorWatches}} {
		o := c.operator(lacking.name, without(all, lacking.what))
		for _, p := range lacking.what {
			c.until(podStart, fmt.Sprintf("until a copy that may not %s says so", p), func(ctx context.Context) error {
				return c.refused(ctx, o.namespace, o.namespace, operatorName, o.own(p))
			})
		}
	}
	for i, act := range operatorActs {
		if act.cause != nil {
			act.cause(acting)
		}
		c.until(podStart, fmt.Sprintf("until a copy that may not %s says so", act.permission), func(ctx context.Context) error {
			acting.stir()
			return c.refused(ctx, acting.namespace, acting.namespace, operatorName, acting.own(act.permission))
		})
		c.grant(acting.namespace, "acting", fmt.Sprint(i), []permission{acting.own(act.permission)})
	}
	c.until(podStart, "until a copy that was given everything has done its work", func(ctx context.Context) error {
		acting.stir()
		return acting.done(ctx)
	})
}

// operatorCopy is a copy of the operator that works on one Prometheus.
type operatorCopy struct {
	*copies
	custom    customResources
	namespace string // the service account and the pod are called like it
	stirred   int
}

// operator starts a copy that may do in a namespace of its own what the operator
// may do in that of Prometheus.
func (c *copies) operator(of string, may []permission) *operatorCopy {
	c.t.Helper()
	o := &operatorCopy{copies: c, custom: c.custom(), namespace: c.namespace(of)}
	deployment, err := c.client.AppsV1().Deployments(monitoringNamespace).Get(c.ctx, operatorName, metav1.GetOptions{})
	if err != nil {
		c.t.Fatal(err)
	}
	c.apply(o.custom, o.namespace, strings.ReplaceAll(operatorWorld, "LONG", strings.Repeat("x", ruleLength)))
	spec := deployment.Spec.Template.Spec
	const scope = "--prometheus-instance-namespaces="
	at := slices.Index(spec.Containers[0].Args, scope+monitoringNamespace)
	if at < 0 {
		c.t.Fatalf("the operator has no argument %s%s: %q", scope, monitoringNamespace, spec.Containers[0].Args)
	}
	spec.Containers[0].Args[at] = scope + o.namespace
	c.run(o.namespace, c.account(o.namespace, of, moved(may, monitoringNamespace, o.namespace)), nil, spec)
	return o
}

// own is a permission of the operator as this copy has it.
func (o *operatorCopy) own(p permission) permission {
	return moved([]permission{p}, monitoringNamespace, o.namespace)[0]
}

// change changes an object of the copy's world.
func (o *operatorCopy) change(resource, name, patch string) {
	o.t.Helper()
	at := schema.GroupVersionResource{Group: monitoringGroup, Version: "v1", Resource: resource}
	if _, err := o.custom.Resource(at).Namespace(o.namespace).Patch(o.ctx, name, types.MergePatchType, []byte(patch), metav1.PatchOptions{}); err != nil {
		o.t.Fatal(err)
	}
}

// stir has the operator look at its Prometheus now: what has failed before it
// tries again only after a pause that grows.
func (o *operatorCopy) stir() {
	o.t.Helper()
	o.stirred++
	o.change("prometheuses", "prometheus", fmt.Sprintf(`{"spec":{"scrapeInterval":"%ds"}}`, 100+o.stirred))
}

// changeImmutable asks for what a StatefulSet must be made anew for.
func (o *operatorCopy) changeImmutable() {
	o.change("prometheuses", "prometheus", `{"spec":{"podManagementPolicy":"OrderedReady"}}`)
}

// shortenRules leaves one of two config maps without rules.
func (o *operatorCopy) shortenRules() {
	o.change("prometheusrules", "first", `{"spec":{"groups":[]}}`)
}

// done returns an error unless the operator has made what its Prometheus asks for.
func (o *operatorCopy) done(ctx context.Context) error {
	set, err := o.client.AppsV1().StatefulSets(o.namespace).Get(ctx, "prometheus-prometheus", metav1.GetOptions{})
	if err != nil {
		return err
	}
	if set.Spec.PodManagementPolicy != "OrderedReady" {
		return fmt.Errorf("the StatefulSet has the policy %s, which it had at first", set.Spec.PodManagementPolicy)
	}
	events, err := o.client.EventsV1().Events(o.namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	told := false
	for _, event := range events.Items {
		told = told || event.Regarding.Name == "turned-down"
	}
	if !told {
		return fmt.Errorf("none of %d events says that the monitor was turned down", len(events.Items))
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
