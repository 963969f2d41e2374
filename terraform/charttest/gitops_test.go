// SPDX-License-Identifier: Apache-2.0

package charttest

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"helm.sh/helm/v3/pkg/releaseutil"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/yaml"
)

const gitOpsPage = "../../docs/gitops.md"

// released are the charts of a release, by name.
var released = map[string]string{
	"heavywork":  "../../app/chart",
	"adapter":    "../modules/adapter/chart",
	"autoscaler": "../modules/autoscaler/chart",
	"activator":  "../modules/activator/chart",
}

// ignored is a set of expected differences on the page.
type ignored struct {
	Group, Kind, Name string
	JSONPointers      []string `json:"jsonPointers"`
}

// application is the page's manifest for one chart, for Argo CD or for Flux.
type application struct {
	Kind     string
	Metadata struct{ Name string }
	Spec     struct {
		IgnoreDifferences []ignored
		SyncPolicy        struct{ SyncOptions []string }
		Destination       struct{ Namespace string }
		Source            struct {
			Chart string
			Helm  struct{ ValuesObject map[string]any }
		}
		// The fields below are Flux's.
		ReleaseName     string
		TargetNamespace string
		ChartRef        struct{ Name string }
		Values          map[string]any
		DriftDetection  struct {
			Ignore []struct {
				Paths  []string
				Target struct{ Kind, Name string }
			}
		}
	}
	// A fragment outside any manifest.
	IgnoreDifferences []ignored
}

// on returns the page's manifests of a kind; "" for fragments.
func on(t *testing.T, kind string) []application {
	t.Helper()
	page, err := os.ReadFile(gitOpsPage)
	if err != nil {
		t.Fatal(err)
	}
	var found []application
	for _, block := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(page), -1) {
		for _, document := range releaseutil.SplitManifests(block[1]) {
			var a application
			if err := yaml.Unmarshal([]byte(document), &a); err != nil {
				t.Fatalf("%v in\n%s", err, document)
			}
			if a.Kind == kind {
				found = append(found, a)
			}
		}
	}
	if len(found) == 0 {
		t.Fatalf("%s has no manifest of kind %q", gitOpsPage, kind)
	}
	return found
}

// template renders a chart like helm template, without a cluster. It returns the objects by kind and name.
func template(t *testing.T, name, release, namespace string, values map[string]any) map[string]object {
	t.Helper()
	dir, ok := released[name]
	if !ok {
		t.Fatalf("chart %q is in no release, only %v", name, slices.Sorted(maps.Keys(released)))
	}
	chart, err := loader.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if chart.Name() != name {
		t.Errorf("the chart in %s is named %s, want %s", dir, chart.Name(), name)
	}
	rendered, err := chartutil.ToRenderValues(chart, values, chartutil.ReleaseOptions{Name: release, Namespace: namespace}, capabilities())
	if err != nil {
		t.Fatalf("chart %s: %v", name, err)
	}
	files, err := engine.Render(chart, rendered)
	if err != nil {
		t.Fatalf("chart %s: %v", name, err)
	}
	objects := map[string]object{}
	for file, text := range files {
		if path.Ext(file) != ".yaml" {
			continue
		}
		for _, document := range releaseutil.SplitManifests(text) {
			var o object
			if err := yaml.Unmarshal([]byte(document), &o); err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			if len(o) > 0 {
				objects[o.kind()+" "+o.name()] = o
			}
		}
	}
	return objects
}

// without removes what is ignored. Each pointer must match in some object.
func without(t *testing.T, objects map[string]object, rules []ignored) {
	t.Helper()
	for _, rule := range rules {
		for _, pointer := range rule.JSONPointers {
			hit := false
			for _, o := range objects {
				version, _ := o["apiVersion"].(string)
				if o.kind() == rule.Kind && schema.FromAPIVersionAndKind(version, o.kind()).Group == rule.Group && (rule.Name == "" || rule.Name == o.name()) {
					hit = remove(map[string]any(o), pointer) || hit
				}
			}
			if !hit {
				t.Errorf("%s of %s %s is ignored, and is in no rendered object", pointer, rule.Kind, rule.Name)
			}
		}
	}
}

func remove(at map[string]any, pointer string) bool {
	steps := strings.Split(strings.TrimPrefix(pointer, "/"), "/")
	for _, step := range steps[:len(steps)-1] {
		next, ok := at[strings.NewReplacer("~1", "/", "~0", "~").Replace(step)].(map[string]any)
		if !ok {
			return false
		}
		at = next
	}
	last := steps[len(steps)-1]
	_, there := at[last]
	delete(at, last)
	return there
}

// Argo CD renders repeatedly, and without the cluster: a difference between two renderings would be out of sync forever. So
// would a value that the API server returns in another form.
func TestArgoCDSeesNoDrift(t *testing.T) {
	for _, a := range on(t, "Application") {
		t.Run(a.Metadata.Name, func(t *testing.T) {
			render := func() map[string]object {
				return template(t, a.Spec.Source.Chart, a.Metadata.Name, a.Spec.Destination.Namespace, a.Spec.Source.Helm.ValuesObject)
			}
			first, second := render(), render()
			for _, o := range first {
				requireCanonical(t, o)
			}
			without(t, first, a.Spec.IgnoreDifferences)
			without(t, second, a.Spec.IgnoreDifferences)
			requireSame(t, first, second)
			if respected := slices.Contains(a.Spec.SyncPolicy.SyncOptions, "RespectIgnoreDifferences=true"); respected != (len(a.Spec.IgnoreDifferences) > 0) {
				t.Errorf("RespectIgnoreDifferences is %t, and %d differences are ignored: each sync would write them back", respected, len(a.Spec.IgnoreDifferences))
			}
		})
	}
}

// The chart generates a new certificate at each rendering. The page must ignore all of it, and nothing else.
func TestDrawnCertificateIsTheOnlyDifference(t *testing.T) {
	var adapter application
	for _, a := range on(t, "Application") {
		if a.Spec.Source.Chart == "adapter" {
			adapter = a
		}
	}
	values := maps.Clone(adapter.Spec.Source.Helm.ValuesObject)
	delete(values, "tls")
	delete(values, "apiServiceAnnotations")
	fragments := on(t, "")
	if len(fragments) != 1 {
		t.Fatalf("the page has %d fragments, want one", len(fragments))
	}
	render := func() map[string]object {
		return template(t, "adapter", adapter.Metadata.Name, adapter.Spec.Destination.Namespace, values)
	}
	if first, second := render(), render(); reflect.DeepEqual(first, second) {
		t.Error("two renderings are the same: nothing needs to be ignored")
	}
	first, second := render(), render()
	without(t, first, fragments[0].IgnoreDifferences)
	without(t, second, fragments[0].IgnoreDifferences)
	requireSame(t, first, second)
}

// Flux installs with Helm, which renders once. It only has to ignore what others write afterwards, as Argo CD does.
func TestFluxIgnoresWhatArgoCDDoes(t *testing.T) {
	argo := map[string][]string{}
	for _, a := range on(t, "Application") {
		for _, rule := range a.Spec.IgnoreDifferences {
			argo[a.Metadata.Name] = append(argo[a.Metadata.Name], fmt.Sprint(rule.Kind, rule.Name, rule.JSONPointers))
		}
	}
	for _, a := range on(t, "HelmRelease") {
		template(t, a.Spec.ChartRef.Name, a.Spec.ReleaseName, a.Spec.TargetNamespace, a.Spec.Values)
		var flux []string
		for _, rule := range a.Spec.DriftDetection.Ignore {
			flux = append(flux, fmt.Sprint(rule.Target.Kind, rule.Target.Name, rule.Paths))
		}
		if !slices.Equal(flux, argo[a.Spec.ReleaseName]) {
			t.Errorf("%s: Flux ignores %q, and Argo CD %q", a.Spec.ReleaseName, flux, argo[a.Spec.ReleaseName])
		}
	}
}

// A manifest that sets replicas takes them away from the autoscaler, and from the activator.
func TestNoReplicasWhereAnAutoscalerOwnsThem(t *testing.T) {
	all := map[string]object{} // by namespace, kind and name
	for _, a := range on(t, "Application") {
		for key, o := range template(t, a.Spec.Source.Chart, a.Metadata.Name, a.Spec.Destination.Namespace, a.Spec.Source.Helm.ValuesObject) {
			all[a.Spec.Destination.Namespace+" "+key] = o
		}
	}
	owned := 0
	for key, o := range all {
		if o.kind() != "HorizontalPodAutoscaler" {
			continue
		}
		namespace, _, _ := strings.Cut(key, " ")
		target := fmt.Sprintf("%s %v %v", namespace, field(o, "spec", "scaleTargetRef", "kind"), field(o, "spec", "scaleTargetRef", "name"))
		deployment, ok := all[target]
		if !ok {
			t.Errorf("%s scales %s, which the page does not have", key, target)
			continue
		}
		owned++
		if replicas := field(deployment, "spec", "replicas"); replicas != nil {
			t.Errorf("%s sets %v replicas, but %s owns them", target, replicas, key)
		}
	}
	if owned == 0 {
		t.Error("the page has no autoscaler")
	}
}

// requireSame fails the test if objects differ.
func requireSame(t *testing.T, first, second map[string]object) {
	t.Helper()
	for key, o := range first {
		if !reflect.DeepEqual(o, second[key]) {
			t.Errorf("%s is rendered as\n%v\nand then as\n%v", key, o, second[key])
		}
	}
	if len(first) == 0 || len(first) != len(second) {
		t.Errorf("%d objects are rendered, and then %d", len(first), len(second))
	}
}

// requireCanonical fails the test unless an object of a built-in kind has the form in which an API server returns it, apart
// from added defaults: canonical quantities, and no empty or unknown fields.
func requireCanonical(t *testing.T, o object) {
	t.Helper()
	version, _ := o["apiVersion"].(string)
	typed, err := scheme.Scheme.New(schema.FromAPIVersionAndKind(version, o.kind()))
	if err != nil {
		if slices.Contains([]string{"APIService", "ServiceMonitor", "HTTPRoute"}, o.kind()) {
			return // its types are not in this library
		}
		t.Fatal(err)
	}
	text, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.UnmarshalStrict(text, typed); err != nil {
		t.Errorf("%s %s: %v", o.kind(), o.name(), err)
		return
	}
	var back, given map[string]any
	text2, err := json.Marshal(typed)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text2, &back); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &given); err != nil {
		t.Fatal(err)
	}
	for _, difference := range differences("", given, back) {
		t.Errorf("%s %s comes back from an API server with another %s", o.kind(), o.name(), difference)
	}
}

// differences lists the pointers to given values that differ in the returned object.
func differences(at string, given, back any) (all []string) {
	switch g := given.(type) {
	case map[string]any:
		b, _ := back.(map[string]any)
		for key, value := range g {
			if other, ok := b[key]; ok {
				all = append(all, differences(at+"/"+key, value, other)...)
			} else {
				all = append(all, at+"/"+key)
			}
		}
		return all
	case []any:
		b, _ := back.([]any)
		if len(g) == len(b) {
			for i := range g {
				all = append(all, differences(fmt.Sprintf("%s/%d", at, i), g[i], b[i])...)
			}
			return all
		}
	}
	if !reflect.DeepEqual(given, back) {
		all = append(all, fmt.Sprintf("%s: %v, not %v", at, back, given))
	}
	return all
}
