// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"slices"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"
)

// mapper stands in for the cluster's list of resources, which is out of reach while Terraform plans: it knows the resources
// that are part of Kubernetes and takes every other name as it is (the adapter asks the cluster and refuses what is not there).
type mapper struct {
	meta.RESTMapper // not set: the adapter's naming package uses only the two methods below

	resources map[string][]schema.GroupVersionResource // by plural and singular name, preferred group first
	singular  map[string]string                        // by plural name
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

// ResourceFor returns the plural resource for a singular or plural name, in the group asked for or the preferred one.
func (m *mapper) ResourceFor(in schema.GroupVersionResource) (schema.GroupVersionResource, error) {
	for _, found := range m.resources[strings.ToLower(in.Resource)] {
		if in.Group == "" || in.Group == found.Group {
			return found, nil
		}
	}
	return in, nil
}

// ResourceSingularizer returns the singular name of a plural resource.
func (m *mapper) ResourceSingularizer(resource string) (string, error) {
	if s, ok := m.singular[resource]; ok {
		return s, nil
	}
	return strings.TrimSuffix(resource, "s"), nil
}
