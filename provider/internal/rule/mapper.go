// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/gobuffalo/flect"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"
)

// mapper stands in for the cluster's list of resources, which is out of reach while Terraform plans: it knows the resources
// that are part of Kubernetes and takes every other name for that of an add-on (the adapter asks the cluster and refuses what is
// not there). Singular and plural of such a name come about by the rules of English, by the library that also names the resources
// of most add-ons.
type mapper struct {
	meta.RESTMapper // not set: the adapter's naming package uses only the two methods below

	resources map[string][]schema.GroupVersionResource // by plural and singular name, preferred group first
	singular  map[string]string                        // by plural name
	addOns    map[string]string                        // groups of resources that Kubernetes does not have, by plural name
}

// knownResources returns the one mapper there is: it never changes and takes a while to make.
var knownResources = sync.OnceValue(newMapper)

func newMapper() *mapper {
	m := &mapper{resources: map[string][]schema.GroupVersionResource{}, singular: map[string]string{}}
	for gvk := range scheme.Scheme.AllKnownTypes() {
		plural, singular := meta.UnsafeGuessKindToResource(gvk)
		m.singular[plural.Resource] = singular.Resource
		m.resources[plural.Resource] = append(m.resources[plural.Resource], plural)
		m.resources[singular.Resource] = append(m.resources[singular.Resource], plural)
	}
	for _, found := range m.resources {
		slices.SortFunc(found, func(a, b schema.GroupVersionResource) int {
			return strings.Compare(preference(a.Group)+a.Version, preference(b.Group)+b.Version)
		})
	}
	return m
}

// retiredGroup once held Deployments, Ingresses and others. No cluster has it since Kubernetes 1.22.
const retiredGroup = "extensions"

// preference orders groups for a resource that several have: the core group, then apps, and the retired extensions group last.
func preference(group string) string {
	switch group {
	case "":
		return "0"
	case "apps":
		return "1"
	case retiredGroup:
		return "3"
	default:
		return "2" + group
	}
}

// builtIn reports whether Kubernetes itself has the resource. A resource of a group that is not Kubernetes' own is never.
func (m *mapper) builtIn(res GroupResource) bool {
	return slices.ContainsFunc(m.resources[strings.ToLower(res.Resource)], func(found schema.GroupVersionResource) bool {
		return res.Group == "" || res.Group == found.Group
	})
}

// knownGroup reports whether Kubernetes itself has the group.
func (m *mapper) knownGroup(group string) bool {
	return slices.ContainsFunc(scheme.Scheme.PrioritizedVersionsAllGroups(), func(gv schema.GroupVersion) bool { return gv.Group == group })
}

// groupsOf returns the groups in which Kubernetes itself has the resource, as people write them.
func (m *mapper) groupsOf(resource string) []string {
	var groups []string
	for _, found := range m.resources[strings.ToLower(resource)] {
		if !slices.Contains(groups, found.Group) && found.Group != retiredGroup {
			groups = append(groups, found.Group)
		}
	}
	return groups
}

// with returns a mapper that finds the group of an add-on's resource among those of the resources given, as the adapter finds it in
// the cluster. Of two groups the first one counts.
func (m *mapper) with(resources ...GroupResource) *mapper {
	out := *m
	out.addOns = map[string]string{}
	for _, res := range resources {
		if plural := pluralOf(res.Resource); res.Group != "" && out.addOns[plural] == "" {
			out.addOns[plural] = res.Group
		}
	}
	return &out
}

// forRule returns the mapper for a rule and what is asked for beyond it.
func forRule(r Rule, more ...GroupResource) *mapper {
	var resources []GroupResource
	for _, label := range slices.Sorted(maps.Keys(r.Resources.Overrides)) {
		resources = append(resources, r.Resources.Overrides[label])
	}
	return knownResources().with(append(resources, more...)...)
}

func pluralOf(resource string) string {
	return flect.Pluralize(flect.Singularize(strings.ToLower(resource)))
}

// ResourceFor returns the plural resource for a singular or plural name, in the group asked for or the preferred one.
func (m *mapper) ResourceFor(in schema.GroupVersionResource) (schema.GroupVersionResource, error) {
	for _, found := range m.resources[strings.ToLower(in.Resource)] {
		if in.Group == "" || in.Group == found.Group {
			return found, nil
		}
	}
	in.Resource = pluralOf(in.Resource)
	if in.Group == "" {
		in.Group = m.addOns[in.Resource]
	}
	return in, nil
}

// ResourceSingularizer returns the singular name of a plural resource.
func (m *mapper) ResourceSingularizer(resource string) (string, error) {
	if s, ok := m.singular[resource]; ok {
		return s, nil
	}
	return flect.Singularize(resource), nil
}
