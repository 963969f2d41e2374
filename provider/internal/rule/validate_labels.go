// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"maps"
	"slices"
	"strings"

	promlabels "github.com/prometheus/prometheus/model/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// labels compares the labels that resources maps with those that series_query requires.
func (v *validator) labels() {
	if !v.sound(FieldSeriesQuery, FieldResources) {
		return
	}
	matchers, err := newParser().ParseMetricSelector(v.rule.SeriesQuery)
	if err != nil {
		return
	}
	if v.excludesEveryLabel(matchers) {
		return
	}
	for _, label := range slices.Sorted(maps.Keys(v.rule.Resources.Overrides)) {
		res := v.rule.Resources.Overrides[label]
		at := []Step{Attr("overrides"), Key(label)}
		asked := false
		for _, m := range matchers {
			asked = asked || m.Name == label
			if m.Name == label && excludes(m) {
				v.found.warn(FieldResources, at, "Label is excluded by series_query",
					"resources.overrides[%q] maps the label to %s, but series_query asks for series without it (%s); write %s!=\"\" to select those with it.", label, res.Resource, m, label)
				break
			}
		}
		if other := v.otherLabel(matchers, res); !asked && other != "" {
			v.found.warn(FieldResources, at, "Another label in series_query",
				"resources.overrides[%[2]q] takes the name of the %[1]s from that label, but series_query asks for series with the label %[3]q, which resources does not map. "+
					"If the series do not have %[2]q as well, the metric is never listed: write %[3]s = { resource = %[1]q }, or ask for %[2]s!=\"\" in series_query.",
				res.Resource, label, other)
		}
	}
}

// excludesEveryLabel refuses a series_query that excludes every mapped label, so that no value could belong to an object. An
// external metric is listed regardless, and a template may make another label.
func (v *validator) excludesEveryLabel(matchers []*promlabels.Matcher) bool {
	if v.kind == KindExternal || v.rule.Resources.Template != "" {
		return false
	}
	var excluded, remedy []string
	for _, label := range slices.Sorted(maps.Keys(v.rule.Resources.Overrides)) {
		i := slices.IndexFunc(matchers, func(m *promlabels.Matcher) bool { return m.Name == label && excludes(m) })
		if i < 0 {
			return false
		}
		excluded = append(excluded, matchers[i].String())
		remedy = append(remedy, label+`!=""`)
	}
	v.found.fail(FieldResources, []Step{Attr("overrides")}, "Labels are excluded by series_query",
		"series_query asks for series without any of the labels that resources.overrides maps (%s), so no value would belong to an object and the metric would never be listed; write %s to select series with them.",
		strings.Join(excluded, ","), strings.Join(remedy, ","))
	return true
}

// otherLabel returns a label that series_query requires, that is not mapped, and whose name suggests that it names the resource.
func (v *validator) otherLabel(matchers []*promlabels.Matcher, res GroupResource) string {
	gvr, err := v.mapper.ResourceFor(schema.GroupVersionResource{Group: res.Group, Resource: res.Resource})
	if err != nil || v.rule.Resources.Template != "" {
		return ""
	}
	singular, err := v.mapper.ResourceSingularizer(gvr.Resource)
	if err != nil || singular == "job" { // Prometheus has a label job of its own
		return ""
	}
	for _, m := range matchers {
		if _, mapped := v.rule.Resources.Overrides[m.Name]; mapped || m.Matches("") {
			continue
		}
		name := strings.TrimPrefix(m.Name, "kubernetes_")
		if name == singular || name == singular+"_name" {
			return m.Name
		}
	}
	return ""
}
