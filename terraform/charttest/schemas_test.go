// SPDX-License-Identifier: Apache-2.0

package charttest

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"helm.sh/helm/v3/pkg/releaseutil"
	"k8s.io/client-go/kubernetes/scheme"
	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// requireSchemas fails the test for an object that an API server would refuse, or
// of which it would silently drop a part. Kubernetes' own kinds are checked against
// their types, custom ones against the definitions in the chart or in UPSTREAM_CRDS,
// a list of further directories.
func requireSchemas(t *testing.T, s subject, all []object) {
	t.Helper()
	custom := definitions(t, s)
	for _, o := range all {
		kind := schema.FromAPIVersionAndKind(o["apiVersion"].(string), o.kind())
		text, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		if typed, err := scheme.Scheme.New(kind); err == nil {
			strict, err := kjson.UnmarshalStrict(text, typed)
			for _, e := range append(strict, err) {
				if e != nil {
					t.Errorf("%s %s: %v", o.kind(), o.name(), e)
				}
			}
			continue
		}
		definition, found := custom[kind]
		switch {
		case found:
			if err := definition.Validate(map[string]any(o)); err != nil {
				t.Errorf("%s %s: %v", o.kind(), o.name(), err)
			}
		case aggregated(kind):
		default:
			t.Errorf("%s %s: there is no definition of %s to check it against; name a directory that has one in UPSTREAM_CRDS", o.kind(), o.name(), kind)
		}
	}
}

// aggregated reports the kinds whose types are in other modules: they have few fields,
// which the tests check themselves.
func aggregated(kind schema.GroupVersionKind) bool {
	return kind.Group == "apiregistration.k8s.io" || kind.Group == "cert-manager.io"
}

// definitions returns the custom resource definitions by kind, as schemas that refuse
// unknown fields.
func definitions(t *testing.T, s subject) map[schema.GroupVersionKind]*jsonschema.Schema {
	t.Helper()
	found := map[schema.GroupVersionKind]*jsonschema.Schema{}
	for _, document := range slices.Concat(chartDefinitions(s), moreDefinitions(t)) {
		addDefinition(t, found, document)
	}
	return found
}

// chartDefinitions returns the definitions in a chart, one document each.
func chartDefinitions(s subject) []string {
	var documents []string
	for _, crd := range s.chart.CRDObjects() {
		documents = append(documents, split(crd.File.Data)...)
	}
	return documents
}

// moreDefinitions returns those in the directories of UPSTREAM_CRDS.
func moreDefinitions(t *testing.T) []string {
	t.Helper()
	var documents []string
	for _, dir := range filepath.SplitList(os.Getenv("UPSTREAM_CRDS")) {
		files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			documents = append(documents, split(text)...)
		}
	}
	return documents
}

// split returns the documents of a YAML stream.
func split(text []byte) []string {
	return slices.Collect(maps.Values(releaseutil.SplitManifests(string(text))))
}

func addDefinition(t *testing.T, found map[schema.GroupVersionKind]*jsonschema.Schema, document string) {
	t.Helper()
	var crd struct {
		Kind string
		Spec struct {
			Group    string
			Names    struct{ Kind string }
			Versions []struct {
				Name   string
				Schema struct {
					OpenAPIV3Schema map[string]any
				}
			}
		}
	}
	if err := yaml.Unmarshal([]byte(document), &crd); err != nil {
		t.Fatalf("a custom resource definition: %v", err)
	}
	if crd.Kind != "CustomResourceDefinition" {
		return
	}
	for _, version := range crd.Spec.Versions {
		kind := schema.GroupVersionKind{Group: crd.Spec.Group, Version: version.Name, Kind: crd.Spec.Names.Kind}
		root := version.Schema.OpenAPIV3Schema
		closed(root)
		// A definition says of metadata only that it is an object.
		root["properties"].(map[string]any)["metadata"] = map[string]any{"type": "object"}
		if found[kind] != nil {
			continue // the chart's own come first
		}
		// Only a name for the compiler: nothing is fetched.
		name := "mem:///" + kind.Group + "/" + kind.Version + "/" + kind.Kind
		compiler := jsonschema.NewCompiler()
		if err := compiler.AddResource(name, root); err != nil {
			t.Fatal(err)
		}
		compiled, err := compiler.Compile(name)
		if err != nil {
			t.Fatal(err)
		}
		found[kind] = compiled
	}
}

// closed makes a schema refuse unknown fields. The API server would drop them instead.
func closed(node any) {
	m, ok := node.(map[string]any)
	if !ok {
		return
	}
	if _, has := m["properties"]; has && m["additionalProperties"] == nil && m["x-kubernetes-preserve-unknown-fields"] != true {
		m["additionalProperties"] = false
	}
	if properties, ok := m["properties"].(map[string]any); ok {
		for _, property := range properties {
			closed(property)
		}
	}
	closed(m["items"])
	closed(m["additionalProperties"])
	if m["nullable"] == true {
		if one, ok := m["type"].(string); ok {
			m["type"] = []any{one, "null"}
		}
	}
}
