// SPDX-License-Identifier: Apache-2.0

package charttest

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"helm.sh/helm/v3/pkg/releaseutil"
	"sigs.k8s.io/yaml"
)

// subject is a chart with the values that a module passes to it.
type subject struct {
	dir     string
	chart   *chart.Chart
	release release
}

// load reads the copy of a chart, which must have the version that the module pins.
func load(t *testing.T, dir string, r release) subject {
	t.Helper()
	s := subject{dir: dir, release: r}
	s.chart = s.fresh(t)
	if s.chart.Metadata.Version != r.version {
		t.Fatalf("%s is version %s, and the module pins %s: get that one", dir, s.chart.Metadata.Version, r.version)
	}
	return s
}

// fresh reads the chart again: rendering removes disabled dependencies from it.
func (s subject) fresh(t *testing.T) *chart.Chart {
	t.Helper()
	c, err := loader.Load(s.dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Schema) > 0 {
		c.Schema = withoutRemote(t, c.Schema)
	}
	return c
}

// withoutRemote removes references to other hosts from a chart's schema: Helm would
// fetch them at each rendering. They refer to types of Kubernetes, against which the
// rendered objects are checked.
func withoutRemote(t *testing.T, schema []byte) []byte {
	t.Helper()
	var root any
	if err := json.Unmarshal(schema, &root); err != nil {
		t.Fatal(err)
	}
	var walk func(any)
	walk = func(node any) {
		switch n := node.(type) {
		case map[string]any:
			if reference, ok := n["$ref"].(string); ok && strings.HasPrefix(reference, "https://") {
				delete(n, "$ref")
			}
			for _, below := range n {
				walk(below)
			}
		case []any:
			for _, below := range n {
				walk(below)
			}
		}
	}
	walk(root)
	local, err := json.Marshal(root)
	if err != nil {
		t.Fatal(err)
	}
	return local
}

// capabilities returns those of a cluster that is as new as the charts require.
func capabilities() *chartutil.Capabilities {
	c := *chartutil.DefaultCapabilities
	c.KubeVersion = chartutil.KubeVersion{Version: "v1.34.0", Major: "1", Minor: "34"}
	// Served by every API server, and not in the library's list.
	c.APIVersions = append(slices.Clone(c.APIVersions), "apiregistration.k8s.io/v1")
	return &c
}

// render returns the rendered documents, by file. It fails if the chart's schema
// refuses the values.
func (s subject) render(t *testing.T, values map[string]any) (map[string]string, error) {
	t.Helper()
	c := s.fresh(t)
	if err := chartutil.ProcessDependenciesWithMerge(c, values); err != nil {
		return nil, err
	}
	options := chartutil.ReleaseOptions{Name: s.release.name, Namespace: s.release.namespace, Revision: 1, IsInstall: true}
	all, err := chartutil.ToRenderValues(c, values, options, capabilities())
	if err != nil {
		return nil, err
	}
	files, err := engine.Render(c, all)
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(files, func(name, text string) bool {
		return !strings.HasSuffix(name, ".yaml") || strings.TrimSpace(text) == ""
	})
	return files, nil
}

// object is one rendered Kubernetes object.
type object map[string]any

func (o object) kind() string { return fmt.Sprint(o["kind"]) }
func (o object) name() string { return fmt.Sprint(field(o, "metadata", "name")) }

// objects renders the chart with the module's values.
func (s subject) objects(t *testing.T) []object {
	t.Helper()
	files, err := s.render(t, s.release.values)
	if err != nil {
		t.Fatalf("%s does not accept the module's values: %v", filepath.Base(s.dir), err)
	}
	var all []object
	for _, name := range slices.Sorted(maps.Keys(files)) {
		for _, text := range releaseutil.SplitManifests(files[name]) {
			var o object
			if err := yaml.Unmarshal([]byte(text), &o); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if len(o) > 0 {
				all = append(all, o)
			}
		}
	}
	if len(all) == 0 {
		t.Fatal("nothing was rendered")
	}
	return all
}

// field descends into maps by key and lists by index. It returns nil if something is missing.
func field(value any, path ...any) any {
	for _, step := range path {
		switch at := step.(type) {
		case string:
			switch m := value.(type) {
			case object:
				value = m[at]
			case map[string]any:
				value = m[at]
			default:
				return nil
			}
		case int:
			list, ok := value.([]any)
			if !ok || at >= len(list) {
				return nil
			}
			value = list[at]
		}
	}
	return value
}
