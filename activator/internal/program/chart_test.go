// SPDX-License-Identifier: Apache-2.0

package program

import (
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/fake"
	"sigs.k8s.io/yaml"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/activator/internal/config"
)

const values = `
image: localhost/activator:1
prometheusURL: http://prometheus:9090
services:
  - namespace: app
    service: web
    port: 8080
    port_name: www
    autoscaler: scaler
    activity: sum(x)
    live: {port: 8000, in_flight: in_flight}
  - {namespace: other, service: db, port: 80, activity: sum(y), workload: {group: "", version: v1, resource: replicationcontrollers, name: store}}
networkPolicy: {enabled: true}
`

// there is what lookup finds in the cluster.
type there []runtime.Object

// GetClientFor is called by Helm.
func (objects there) GetClientFor(apiVersion, kind string) (dynamic.NamespaceableResourceInterface, bool, error) {
	version, err := schema.ParseGroupVersion(apiVersion)
	resource := version.WithResource(strings.ToLower(kind) + "s")
	client := fake.NewSimpleDynamicClientWithCustomListKinds(runtime.NewScheme(), map[schema.GroupVersionResource]string{resource: kind + "List"}, objects...)
	return client.Resource(resource), true, err
}

// render returns the chart's objects as activator/act, each by kind and name.
func render(t *testing.T, objects ...runtime.Object) map[string]string {
	t.Helper()
	files, err := tryRender(t, values, objects...)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, text := range files {
		for _, document := range strings.Split(text, "\n---") {
			var o unstructured.Unstructured
			if err := yaml.Unmarshal([]byte(document), &o.Object); err != nil {
				t.Fatalf("%v in\n%s", err, document)
			}
			if o.Object != nil {
				found[o.GetKind()+" "+o.GetNamespace()+"/"+o.GetName()] = document
			}
		}
	}
	return found
}

// tryRender returns the chart's files.
func tryRender(t *testing.T, values string, objects ...runtime.Object) (map[string]string, error) {
	t.Helper()
	chart, err := loader.Load("../../../terraform/modules/activator/chart")
	if err != nil {
		t.Fatal(err)
	}
	var given map[string]any
	if err := yaml.Unmarshal([]byte(values), &given); err != nil {
		t.Fatal(err)
	}
	full, err := chartutil.ToRenderValues(chart, given, chartutil.ReleaseOptions{Name: "activator", Namespace: "act"}, nil)
	if err != nil {
		return nil, err
	}
	return engine.RenderWithClientProvider(chart, full, there(objects))
}

func read(t *testing.T, objects map[string]string, name string, into any) {
	t.Helper()
	if objects[name] == "" {
		t.Fatalf("there is no %s", name)
	}
	if err := yaml.UnmarshalStrict([]byte(objects[name]), into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

func TestTheProgramTakesWhatTheChartGivesIt(t *testing.T) {
	objects := render(t)
	var file corev1.ConfigMap
	read(t, objects, "ConfigMap act/activator", &file)
	c, err := config.Parse([]byte(file.Data["config.yaml"]))
	if err != nil {
		t.Fatal(err)
	}
	if s := c.Services[0]; s.Live == nil || s.Live.Port != 8000 || s.Autoscaler != "scaler" || s.Workload.Name != "web" {
		t.Errorf("the first Service is %+v", s)
	}
	if w := c.Services[1].Workload; w != (config.Workload{Version: "v1", Resource: "replicationcontrollers", Name: "store"}) {
		t.Errorf("the second workload is %+v", w)
	}
	var deployment appsv1.Deployment
	read(t, objects, "Deployment act/activator", &deployment)
	pod := deployment.Spec.Template.Spec
	o, err := parse(pod.Containers[0].Args, io.Discard)
	if err != nil || o.service != "activator" {
		t.Errorf("arguments %q: %+v, error %v", pod.Containers[0].Args, o, err)
	}
	if grace := *pod.TerminationGracePeriodSeconds; float64(grace) <= (o.drain + o.shutdown).Seconds() {
		t.Errorf("grace period: got %d s, want more than %s", grace, o.drain+o.shutdown)
	}
	for what, holds := range map[string]bool{
		"two replicas":          *deployment.Spec.Replicas == 2,
		"non-root":              *pod.SecurityContext.RunAsNonRoot,
		"default seccomp":       pod.SecurityContext.SeccompProfile.Type == corev1.SeccompProfileTypeRuntimeDefault,
		"a low port by sysctl":  len(pod.SecurityContext.Sysctls) == 1,
		"no escalation":         !*pod.Containers[0].SecurityContext.AllowPrivilegeEscalation,
		"read-only root":        *pod.Containers[0].SecurityContext.ReadOnlyRootFilesystem,
		"no capabilities":       slices.Equal(pod.Containers[0].SecurityContext.Capabilities.Drop, []corev1.Capability{"ALL"}),
		"never one replica off": deployment.Spec.Strategy.RollingUpdate.MaxUnavailable.IntVal == 0,
	} {
		if !holds {
			t.Errorf("the pod lacks: %s", what)
		}
	}
}

func TestAPortThatCannotBe(t *testing.T) {
	_, err := tryRender(t, strings.Replace(values, "port: 80,", "port: 9915,", 1))
	if want := "port 9915 of other/db is that of the activator's own metrics"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want %s", err, want)
	}
}

// NGINX Gateway Fabric finds endpoints by the name of the Service's port. A Service with
// a single port may leave it out.
func TestTheNameOfThePort(t *testing.T) {
	for name, want := range map[string]string{"port_name: www": "www", `port_name: ""`: "", "": "http"} {
		files, err := tryRender(t, strings.Replace(values, "port_name: www", name, 1))
		if err != nil {
			t.Fatal(err)
		}
		var slice discoveryv1.EndpointSlice
		if err := yaml.UnmarshalStrict([]byte(strings.Split(files["activator/templates/endpoints.yaml"], "\n---")[1]), &slice); err != nil {
			t.Fatal(err)
		}
		if got := *slice.Ports[0].Name; got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

// An upgrade while a workload is at zero must not remove its only endpoints.
func TestAnUpgradeKeepsTheEndpoints(t *testing.T) {
	var slice discoveryv1.EndpointSlice
	read(t, render(t), "EndpointSlice app/web-activator", &slice)
	if len(slice.Endpoints) != 0 || *slice.Ports[0].Name != "www" || *slice.Ports[0].Port != 8080 || slice.Labels[discoveryv1.LabelServiceName] != "web" {
		t.Errorf("a new slice is %+v", slice)
	}
	now := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": map[string]any{"namespace": "app", "name": "web-activator"},
		"endpoints": []any{map[string]any{"addresses": []any{"10.0.0.1"}, "conditions": map[string]any{"ready": true}}},
	}}
	var kept discoveryv1.EndpointSlice
	read(t, render(t, now), "EndpointSlice app/web-activator", &kept)
	if len(kept.Endpoints) != 1 || !reflect.DeepEqual(kept.Endpoints[0], discoveryv1.Endpoint{Addresses: []string{"10.0.0.1"}, Conditions: discoveryv1.EndpointConditions{Ready: new(true)}}) {
		t.Errorf("after an upgrade: %+v", kept.Endpoints)
	}
}

func TestPermissionsAreForNamedObjects(t *testing.T) {
	objects := render(t)
	for name := range objects {
		if strings.HasPrefix(name, "ClusterRole") {
			t.Errorf("there is a %s, want none", name)
		}
	}
	allowed := func(name string) (all []string) {
		var role rbacv1.Role
		read(t, objects, "Role "+name, &role)
		for _, rule := range role.Rules {
			for _, verb := range rule.Verbs {
				all = append(all, strings.Join([]string{verb, rule.APIGroups[0], rule.Resources[0], strings.Join(rule.ResourceNames, ",")}, " "))
			}
		}
		slices.Sort(all)
		return all
	}
	for name, want := range map[string][]string{
		"act/activator": {"list discovery.k8s.io endpointslices ", "watch discovery.k8s.io endpointslices "},
		"app/activator-web": {
			"get  services web", "get apps deployments/scale web", "get autoscaling horizontalpodautoscalers scaler",
			"get coordination.k8s.io leases web-activator", "get discovery.k8s.io endpointslices web-activator",
			"list coordination.k8s.io leases web-activator", "list discovery.k8s.io endpointslices ",
			"update apps deployments/scale web", "update coordination.k8s.io leases web-activator", "update discovery.k8s.io endpointslices web-activator",
			"watch coordination.k8s.io leases web-activator", "watch discovery.k8s.io endpointslices ",
		},
		"other/activator-db": {
			"get  replicationcontrollers/scale store", "get  services db",
			"get coordination.k8s.io leases db-activator", "get discovery.k8s.io endpointslices db-activator",
			"list coordination.k8s.io leases db-activator", "list discovery.k8s.io endpointslices ",
			"update  replicationcontrollers/scale store", "update coordination.k8s.io leases db-activator", "update discovery.k8s.io endpointslices db-activator",
			"watch coordination.k8s.io leases db-activator", "watch discovery.k8s.io endpointslices ",
		},
	} {
		if got := allowed(name); !slices.Equal(got, want) {
			t.Errorf("%s: got\n%s", name, strings.Join(got, "\n"))
		}
	}
}
