// SPDX-License-Identifier: Apache-2.0

package test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/budget"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/permissions"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/test/internal/suite"
)

const (
	gatewayGroup     = "gateway.networking.k8s.io"
	fabricGroup      = "gateway.nginx.org"
	fabricContainer  = "nginx-gateway"
	fabricConfig     = "nginx-gateway-fabric-config"
	fabricBootstrap  = "nginx-includes-bootstrap"
	definitionsGroup = "apiextensions.k8s.io"
)

// What NGINX Gateway Fabric watches. None of it can be turned off, and as long as it
// may not watch one of them it configures nothing.
var fabricWatches = slices.Concat(
	permissions.Each([]string{"watch"}, "", []string{"namespaces", "services", "secrets"}, ""),
	permissions.Each([]string{"watch"}, discoveryGroup, []string{"endpointslices"}, ""),
	permissions.Each([]string{"watch"}, gatewayGroup, []string{"gatewayclasses", "gateways", "httproutes", "referencegrants", "grpcroutes"}, ""),
	permissions.Each([]string{"watch"}, fabricGroup, []string{"nginxgateways", "nginxproxies", "clientsettingspolicies", "observabilitypolicies", "upstreamsettingspolicies", "snippetsfilters"}, ""),
	permissions.Each([]string{"watch"}, definitionsGroup, []string{"customresourcedefinitions"}, ""),
)

// What it exits without: its own settings.
var fabricStarts = []permissions.Permission{permissions.Of("get", fabricGroup, "nginxgateways", "")}

// Where it reports whether it accepts an object. It continues without, and the
// object seems not to be accepted.
var fabricTells = slices.Concat(
	permissions.Each([]string{"update"}, gatewayGroup, []string{"gatewayclasses/status", "gateways/status", "httproutes/status", "grpcroutes/status"}, ""),
	permissions.Each([]string{"update"}, fabricGroup, []string{"nginxgateways/status", "clientsettingspolicies/status", "observabilitypolicies/status", "upstreamsettingspolicies/status", "snippetsfilters/status"}, ""),
)

// It reports in an event that its settings are gone, and patches an earlier one.
var fabricEvents = permissions.Each([]string{"create", "patch"}, "", []string{"events"}, "")

// What NGINX Gateway Fabric may do although the one that runs here does not need
// it: the vendor's chart grants it. It reveals nothing that a watch does not.
var fabricSpare = slices.Concat(
	// Its libraries receive the list as the start of a watch, or list before.
	asVerb("list", fabricWatches),
	// With list and watch it could read each of them anyway. Its telemetry, which is
	// off here, gets one namespace.
	permissions.Each([]string{"get"}, "", []string{"namespaces", "services", "secrets"}, ""),
)

// asVerb returns the same permissions with another verb.
func asVerb(verb string, may []permissions.Permission) []permissions.Permission {
	all := slices.Clone(may)
	for i := range all {
		all[i].Verb = verb
	}
	return all
}

// What a copy works on: one object of each kind whose status it writes.
const fabricWorld = `apiVersion: gateway.nginx.org/v1alpha1
kind: NginxGateway
metadata: {name: nginx-gateway-fabric-config, namespace: NAMESPACE}
spec: {logging: {level: debug}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: NAMESPACE}
spec: {controllerName: gateway.nginx.org/NAMESPACE}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: world, namespace: NAMESPACE}
spec:
  gatewayClassName: NAMESPACE
  listeners: [{name: http, port: 80, protocol: HTTP}]
---
apiVersion: gateway.nginx.org/v1alpha1
kind: SnippetsFilter
metadata: {name: world, namespace: NAMESPACE}
spec: {snippets: [{context: http.server.location, value: "# nothing"}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: world, namespace: NAMESPACE}
spec:
  parentRefs: [{name: world}]
  hostnames: [http.invalid]
  rules: [{backendRefs: [{name: nginx-gateway-fabric, port: 80}]}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: GRPCRoute
metadata: {name: world, namespace: NAMESPACE}
spec:
  parentRefs: [{name: world}]
  hostnames: [grpc.invalid]
  rules: [{backendRefs: [{name: nginx-gateway-fabric, port: 80}]}]
---
apiVersion: gateway.nginx.org/v1alpha1
kind: ClientSettingsPolicy
metadata: {name: world, namespace: NAMESPACE}
spec:
  targetRef: {group: gateway.networking.k8s.io, kind: Gateway, name: world}
  body: {maxSize: 1m}
---
apiVersion: gateway.nginx.org/v1alpha2
kind: ObservabilityPolicy
metadata: {name: world, namespace: NAMESPACE}
spec:
  targetRefs: [{group: gateway.networking.k8s.io, kind: HTTPRoute, name: world}]
  tracing: {strategy: ratio, ratio: 1}
---
apiVersion: gateway.nginx.org/v1alpha1
kind: UpstreamSettingsPolicy
metadata: {name: world, namespace: NAMESPACE}
spec:
  targetRefs: [{group: "", kind: Service, name: nginx-gateway-fabric}]
  zoneSize: 512k
`

// Each permission of NGINX Gateway Fabric is needed, or spare for a stated reason.
// Copies of it, each with its own class, Gateway and routes, lack what they watch,
// what they start with, or where they report status.
func TestIngressPermissions(t *testing.T) {
	s := suite.Start(t, 12*budget.Answer+10*budget.PodStart)
	suite.NeedBundled(t)
	needs := slices.Concat(fabricWatches, fabricStarts, fabricTells, fabricEvents)
	permissions.Review(s, "NGINX Gateway Fabric", permissions.Granted(s, permissions.IngressNamespace, permissions.IngressName), needs, fabricSpare)

	c := &permissions.Copies{Suite: s, Part: "ingress"}
	all := append(needs, fabricSpare...)
	telling := fabric(c, "telling", permissions.Without(all, fabricEvents))
	for _, lacking := range []struct {
		name string
		what []permissions.Permission
	}{{"mute", fabricTells}, {"blind", fabricWatches}, {"starts", fabricStarts}} {
		f := fabric(c, lacking.name, permissions.Without(all, lacking.what))
		for _, p := range lacking.what {
			f.saysItLacks(p)
		}
	}
	c.Until(budget.PodStart, "until a copy that may report every status has done so", telling.told)
	for _, p := range fabricEvents {
		telling.forgetSettings()
		telling.saysItLacks(p)
	}
}

// fabricCopy is a copy of NGINX Gateway Fabric with a Gateway that no Service
// leads to.
type fabricCopy struct {
	*permissions.Copies
	custom    permissions.CustomResources
	namespace string // also the name of class, service account and pod
}

// fabric starts a copy in a namespace of its own.
func fabric(c *permissions.Copies, of string, may []permissions.Permission) *fabricCopy {
	c.T.Helper()
	f := &fabricCopy{Copies: c, custom: c.Custom(), namespace: c.Namespace(of)}
	core, create := c.Client.CoreV1(), metav1.CreateOptions{}
	bootstrap, err := core.ConfigMaps(permissions.IngressNamespace).Get(c.Ctx, fabricBootstrap, metav1.GetOptions{})
	if err != nil {
		c.T.Fatal(err)
	}
	_, err = core.ConfigMaps(f.namespace).Create(c.Ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: fabricBootstrap}, Data: bootstrap.Data}, create)
	c.Create(err, func(ctx context.Context) error {
		return core.ConfigMaps(f.namespace).Delete(ctx, fabricBootstrap, metav1.DeleteOptions{})
	})
	service := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: permissions.IngressName}, Spec: corev1.ServiceSpec{Ports: []corev1.ServicePort{{Port: 80}}}}
	_, err = core.Services(f.namespace).Create(c.Ctx, service, create)
	c.Create(err, func(ctx context.Context) error {
		return core.Services(f.namespace).Delete(ctx, permissions.IngressName, metav1.DeleteOptions{})
	})
	c.T.Cleanup(f.leaveFilters)
	c.Apply(f.custom, f.namespace, fabricWorld)

	deployment, err := c.Client.AppsV1().Deployments(permissions.IngressNamespace).Get(c.Ctx, permissions.IngressName, metav1.GetOptions{})
	if err != nil {
		c.T.Fatal(err)
	}
	spec := deployment.Spec.Template.Spec
	for i := range spec.Containers {
		if spec.Containers[i].Name != fabricContainer {
			continue
		}
		// If a flag is repeated, the last value counts.
		spec.Containers[i].Args = append(spec.Containers[i].Args, "--gateway-ctlr-name="+f.controller(), "--gatewayclass="+f.namespace)
	}
	c.Run(f.namespace, c.Account(f.namespace, of, may), nil, spec)
	return f
}

func (f *fabricCopy) controller() string { return fabricGroup + "/" + f.namespace }

// saysItLacks waits until the copy says that it lacks a permission.
func (f *fabricCopy) saysItLacks(p permissions.Permission) {
	f.T.Helper()
	f.Until(2*budget.PodStart, fmt.Sprintf("until a copy that may not %s says so", p), func(ctx context.Context) error {
		return f.Refused(ctx, f.namespace, f.namespace, fabricContainer, p)
	})
}

// told returns an error unless the copy has reported the status of every object of
// its world.
func (f *fabricCopy) told(ctx context.Context) error {
	for document := range strings.SplitSeq(fabricWorld, "\n---\n") {
		object := f.Decode(f.namespace, document)
		at, err := f.custom.PlaceOf(object)
		if err != nil {
			return err
		}
		now, err := at.Get(ctx, object.GetName(), metav1.GetOptions{})
		if err != nil {
			return err
		}
		text, err := json.Marshal(now.Object["status"])
		if err != nil {
			return err
		}
		want := f.controller() // its name, where several controllers may report a status
		if slices.Contains([]string{"NginxGateway", "GatewayClass", "Gateway"}, object.GetKind()) {
			want = `"status":"True"`
		}
		if !strings.Contains(string(text), want) {
			return fmt.Errorf("the status of the %s is %s, want %s in it", object.GetKind(), text, want)
		}
	}
	return nil
}

// forgetSettings deletes the copy's settings, which makes it write an event, and
// creates them again once it has noticed: it does not see a deletion that is undone
// within the same batch.
func (f *fabricCopy) forgetSettings() {
	f.T.Helper()
	settings := f.custom.Resource(schema.GroupVersionResource{Group: fabricGroup, Version: "v1alpha1", Resource: "nginxgateways"}).Namespace(f.namespace)
	before, err := settings.Get(f.Ctx, fabricConfig, metav1.GetOptions{})
	if err != nil {
		f.T.Fatal(err)
	}
	said := func() (int, error) {
		text, err := f.Log(f.Ctx, f.namespace, f.namespace, fabricContainer)
		return strings.Count(text, "NginxGateway configuration was deleted"), err
	}
	times, err := said()
	if err != nil {
		f.T.Fatal(err)
	}
	if err := settings.Delete(f.Ctx, fabricConfig, metav1.DeleteOptions{}); err != nil {
		f.T.Fatal(err)
	}
	f.Until(budget.PodStart, "until a copy says that its settings are gone", func(context.Context) error {
		now, err := said()
		if err == nil && now <= times {
			err = fmt.Errorf("it has said so %d times", now)
		}
		return err
	})
	fresh := &unstructured.Unstructured{Object: map[string]any{"spec": before.Object["spec"]}}
	fresh.SetGroupVersionKind(before.GroupVersionKind())
	fresh.SetName(fabricConfig)
	if _, err := settings.Create(f.Ctx, fresh, metav1.CreateOptions{}); err != nil {
		f.T.Fatal(err)
	}
}

// leaveFilters removes the copy's status from the filters of others: each controller
// reports a status of every filter, even if none of its routes uses it.
func (f *fabricCopy) leaveFilters() {
	ctx := context.WithoutCancel(f.Ctx)
	filters := f.custom.Resource(schema.GroupVersionResource{Group: fabricGroup, Version: "v1alpha1", Resource: "snippetsfilters"})
	all, err := filters.List(ctx, metav1.ListOptions{})
	if err != nil {
		f.T.Errorf("cleaning up: %v", err)
		return
	}
	for _, filter := range all.Items {
		said, _, _ := unstructured.NestedSlice(filter.Object, "status", "controllers")
		others := slices.DeleteFunc(slices.Clone(said), func(one any) bool {
			by, ok := one.(map[string]any)
			return ok && by["controllerName"] == f.controller()
		})
		if len(others) == len(said) || filter.GetNamespace() == f.namespace {
			continue
		}
		if err := unstructured.SetNestedSlice(filter.Object, others, "status", "controllers"); err != nil {
			f.T.Errorf("cleaning up: %v", err)
			continue
		}
		if _, err := filters.Namespace(filter.GetNamespace()).UpdateStatus(ctx, &filter, metav1.UpdateOptions{}); err != nil {
			f.T.Errorf("cleaning up: %v", err)
		}
	}
}
