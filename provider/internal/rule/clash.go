// SPDX-License-Identifier: Apache-2.0

package rule

import "k8s.io/apimachinery/pkg/runtime/schema"

// SameObjects reports whether two rules can have values for the same objects, so that of two with one metric name only one is
// served. Two rules for different resources can share a name. That both have one for namespaces, as nearly all have, does not count.
func SameObjects(kind Kind, a, b Rule) bool {
	if kind == KindExternal || a.Resources.Template != "" || b.Resources.Template != "" {
		return true
	}
	m := knownResources()
	left, right := m.objects(a), m.objects(b)
	if len(left) == 0 || len(right) == 0 {
		return len(left) == len(right)
	}
	for res := range left {
		if right[res] {
			return true
		}
	}
	return false
}

// objects returns the resources that overrides map, without namespaces.
func (m *mapper) objects(r Rule) map[schema.GroupResource]bool {
	out := map[schema.GroupResource]bool{}
	for _, res := range r.Resources.Overrides {
		gvr, err := m.ResourceFor(schema.GroupVersionResource{Group: res.Group, Resource: res.Resource})
		if err == nil && !isNamespace(res) {
			out[gvr.GroupResource()] = true
		}
	}
	return out
}
