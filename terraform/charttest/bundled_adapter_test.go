// SPDX-License-Identifier: Apache-2.0

package charttest

import (
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/fake"
	"sigs.k8s.io/yaml"
)

// bundledAdapter renders the module's own chart as monitoring/metrics, in a cluster with
// existing objects.
func bundledAdapter(t *testing.T, values map[string]any, there ...*unstructured.Unstructured) (map[string]string, error) {
	t.Helper()
	chart, err := loader.Load("../modules/adapter/chart")
	if err != nil {
		t.Fatal(err)
	}
	rendered, err := chartutil.ToRenderValues(chart, values, chartutil.ReleaseOptions{Name: "metrics", Namespace: "monitoring"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	objects := lookups{}
	for _, object := range there {
		objects = append(objects, object)
	}
	return engine.RenderWithClientProvider(chart, rendered, objects)
}

// lookups are the objects that lookup finds in the cluster.
type lookups []runtime.Object

// GetClientFor is called by Helm.
func (l lookups) GetClientFor(apiVersion, kind string) (dynamic.NamespaceableResourceInterface, bool, error) {
	version, err := schema.ParseGroupVersion(apiVersion)
	resource := version.WithResource(strings.ToLower(kind) + "s")
	client := fake.NewSimpleDynamicClientWithCustomListKinds(runtime.NewScheme(), map[schema.GroupVersionResource]string{resource: kind + "List"}, l...)
	return client.Resource(resource), kind != "APIService", err
}

// Each of the two programs reads the rules in its own way.
func TestBundledAdapterRunsEitherProgram(t *testing.T) {
	for program, want := range map[string]string{
		"adapter":            "--config-map=monitoring/adapter-config/config.yaml",
		"prometheus-adapter": "--config=/etc/adapter/config.yaml",
	} {
		files, err := bundledAdapter(t, map[string]any{"program": program, "image": "localhost/any:1", "prometheusURL": "http://prometheus:9090"})
		if err != nil {
			t.Fatal(err)
		}
		var deployment appsv1.Deployment
		if err := yaml.UnmarshalStrict([]byte(files["adapter/templates/deployment.yaml"]), &deployment); err != nil {
			t.Fatal(err)
		}
		container := deployment.Spec.Template.Spec.Containers[0]
		if !strings.Contains(strings.Join(container.Args, " "), want) {
			t.Errorf("%s gets the arguments %q, want %s among them", program, container.Args, want)
		}
		mounted := false
		for _, mount := range container.VolumeMounts {
			mounted = mounted || mount.Name == "config"
		}
		reloads := program == "adapter"
		if mounted == reloads || (len(container.Env) > 0) != reloads || (container.ReadinessProbe.InitialDelaySeconds == 0) != reloads {
			t.Errorf("the container of %s is %+v", program, container)
		}
		if leases := strings.Contains(files["adapter/templates/rbac.yaml"], "leases"); leases != reloads {
			t.Errorf("%s may write Leases: %t", program, leases)
		}
	}
}

// If another server has an API, the chart leaves it there, and names the owner.
func TestBundledAdapterLeavesAnAPIToItsOwner(t *testing.T) {
	claimed := func(namespace, name string) *unstructured.Unstructured {
		return &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService",
			"metadata": map[string]any{"name": "v1beta1.external.metrics.k8s.io"},
			"spec":     map[string]any{"service": map[string]any{"namespace": namespace, "name": name}},
		}}
	}
	values := map[string]any{"image": "localhost/any:1", "prometheusURL": "http://prometheus:9090", "externalMetrics": true}
	_, err := bundledAdapter(t, values, claimed("keda", "keda-operator-metrics-apiserver"))
	if err == nil || !strings.Contains(err.Error(), "external.metrics.k8s.io belongs to the Service keda/keda-operator-metrics-apiserver") {
		t.Errorf("with KEDA: %v", err)
	}
	files, err := bundledAdapter(t, values, claimed("monitoring", "metrics"))
	if err != nil || !strings.Contains(files["adapter/templates/apiservice.yaml"], "name: v1beta1.external.metrics.k8s.io") {
		t.Errorf("with its own: %v\n%s", err, files["adapter/templates/apiservice.yaml"])
	}
	values["externalMetrics"] = false
	if _, err := bundledAdapter(t, values, claimed("keda", "keda-operator-metrics-apiserver")); err != nil {
		t.Errorf("with KEDA, without a claim: %v", err)
	}
}
