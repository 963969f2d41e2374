// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"sigs.k8s.io/yaml"
)

const chartDir = "../../chart"

func load(t *testing.T) *chart.Chart {
	t.Helper()
	c, err := loader.Load(chartDir)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// release is a name and the values given to it, in YAML.
type release struct{ name, values string }

// render gives the rendered templates by file name, as an install in namespace app would.
func render(t *testing.T, r release) (map[string]string, error) {
	t.Helper()
	c := load(t)
	values, err := chartutil.ReadValues([]byte(r.values))
	if err != nil {
		t.Fatal(err)
	}
	options := chartutil.ReleaseOptions{Name: r.name, Namespace: "app", Revision: 1, IsInstall: true}
	all, err := chartutil.ToRenderValues(c, values, options, chartutil.DefaultCapabilities)
	if err != nil {
		return nil, err
	}
	files, err := engine.Engine{}.Render(c, all)
	if err != nil {
		return nil, err
	}
	rendered := map[string]string{}
	for name, text := range files {
		if text = strings.TrimSpace(text); text != "" && !strings.HasPrefix(path.Base(name), "_") {
			rendered[path.Base(name)] = text + "\n"
		}
	}
	return rendered, nil
}

// mustRender is render for values that are valid.
func mustRender(t *testing.T, r release) map[string]string {
	t.Helper()
	rendered, err := render(t, r)
	if err != nil {
		t.Fatal(err)
	}
	return rendered
}

// object decodes one rendered file into into, refusing fields the type does not have.
func object(t *testing.T, rendered map[string]string, file string, into any) {
	t.Helper()
	text, found := rendered[file]
	if !found {
		t.Fatalf("%s rendered nothing", file)
	}
	if err := yaml.UnmarshalStrict([]byte(text), into); err != nil {
		t.Fatalf("%s: %v\n%s", file, err, text)
	}
}

// page joins the rendered files in the order of their names.
func page(rendered map[string]string) string {
	var names []string
	for name := range rendered {
		names = append(names, name)
	}
	slices.Sort(names)
	var all strings.Builder
	for _, name := range names {
		fmt.Fprintf(&all, "--- # %s\n%s", name, rendered[name])
	}
	return all.String()
}
