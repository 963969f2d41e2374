// SPDX-License-Identifier: Apache-2.0

package charttest

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/chart"
)

// requireKnownKeys fails the test for every value for which the chart has no
// default. A chart reads no other values; below an empty default it passes on
// whatever it gets. Keys in optional have no default, only a line that is
// commented out.
func (s subject) requireKnownKeys(t *testing.T, optional ...string) {
	t.Helper()
	for _, path := range leaves(s.release.values) {
		if !known(s.chart, path) && !slices.Contains(optional, strings.Join(path, ".")) {
			t.Errorf("%s knows no value %s", s.chart.Name(), strings.Join(path, "."))
		}
	}
}

// known looks for a path among the defaults of a chart and of its dependencies.
func known(c *chart.Chart, path []string) bool {
	if defined(c.Values, path) {
		return true
	}
	for _, dependency := range c.Dependencies() {
		if dependency.Name() == path[0] && len(path) > 1 {
			return known(dependency, path[1:])
		}
	}
	return false
}

func defined(defaults any, path []string) bool {
	for _, key := range path {
		m, ok := defaults.(map[string]any)
		if !ok {
			return false
		}
		if len(m) == 0 {
			return true
		}
		if defaults, ok = m[key]; !ok {
			return false
		}
	}
	return true
}

// requireEffect leaves out one value at a time, and fails the test for each that
// makes no difference: it repeats the chart's default, or the chart does not read
// it. A value in quiet affects no object by itself.
func (s subject) requireEffect(t *testing.T, quiet ...string) {
	t.Helper()
	whole, err := s.render(t, s.release.values)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range leaves(s.release.values) {
		name := strings.Join(path, ".")
		if slices.Contains(quiet, name) {
			continue
		}
		without, err := s.render(t, cut(s.release.values, path))
		if err == nil && maps.Equal(whole, without) {
			t.Errorf("without %s the chart %s renders the same", name, s.chart.Name())
		}
	}
}

// leaves lists the paths of all values that are not maps.
func leaves(values map[string]any) [][]string {
	var all [][]string
	for _, key := range slices.Sorted(maps.Keys(values)) {
		below, ok := values[key].(map[string]any)
		if !ok {
			all = append(all, []string{key})
			continue
		}
		for _, rest := range leaves(below) {
			all = append(all, append([]string{key}, rest...))
		}
	}
	return all
}

// cut copies values without the one at the path.
func cut(values map[string]any, path []string) map[string]any {
	rest := maps.Clone(values)
	if len(path) == 1 {
		delete(rest, path[0])
		return rest
	}
	rest[path[0]] = cut(values[path[0]].(map[string]any), path[1:])
	return rest
}
