// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/gobuffalo/flect"
	"github.com/prometheus/common/model"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"
	prom "sigs.k8s.io/prometheus-adapter/pkg/client"
	"sigs.k8s.io/prometheus-adapter/pkg/naming"
)

// mapper stands in for the cluster's list of resources, which is not available while Terraform plans: it knows the resources that
// are part of Kubernetes and takes every other name for that of an add-on (the adapter asks the cluster and refuses unknown names).
// It derives singular and plural of such a name by English rules, with the library that also names the resources of most add-ons.
type mapper struct {
	meta.RESTMapper // not set: the adapter's naming package uses only the two methods below

	resources map[string][]schema.GroupVersionResource // by plural and singular name, preferred group first
	singular  map[string]string                        // by plural name
	addOns    map[string]string                        // groups of resources that Kubernetes does not have, by plural name
	written   map[string]string                        // their names in labels, by plural name
}

// knownResources returns a shared mapper: it never changes and is slow to make.
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

// retiredGroup once held Deployments, Ingresses and others. No cluster has had it since Kubernetes 1.22.
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

// builtIn reports whether Kubernetes itself has the resource, in the group if one is given.
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

// with returns a mapper that finds the group of an add-on's resource among the given resources, as the adapter finds it in the
// cluster. The first of several groups wins.
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

// forRule returns the mapper for a rule and for more resources that are asked for.
func forRule(r Rule, more ...GroupResource) *mapper {
	m := knownResources().with(append(mapped(r), more...)...)
	if r.Resources.Template == "" {
		return m
	}
	matchers, _ := newParser().ParseMetricSelector(r.SeriesQuery)
	labels := make([]string, len(matchers))
	for i, matcher := range matchers {
		labels[i] = matcher.Name
	}
	return m.withLabels(r.Resources.Template, labels)
}

// mapped returns the resources that overrides name, in the order of their labels.
func mapped(r Rule) []GroupResource {
	var out []GroupResource
	for _, label := range slices.Sorted(maps.Keys(r.Resources.Overrides)) {
		out = append(out, r.Resources.Overrides[label])
	}
	return out
}

// withLabels returns a mapper that takes the names that a template finds in labels for singular, unless Kubernetes itself has the
// resource. Such a name may end in s, as redis does, and labels do not use plurals.
func (m *mapper) withLabels(template string, labels []string) *mapper {
	asked := &askedNames{mapper: m}
	conv, err := naming.NewResourceConverter(template, nil, asked)
	if err != nil {
		return m
	}
	asked.names = nil // drop those of the template's check
	for _, label := range labels {
		if label != model.MetricNameLabel && labelPattern.MatchString(label) {
			conv.ResourcesForSeries(prom.Series{Labels: model.LabelSet{model.LabelName(label): "x"}})
		}
	}
	out := *m
	out.written = maps.Clone(m.written)
	if out.written == nil {
		out.written = map[string]string{}
	}
	for _, name := range asked.names {
		if plural := pluralOf(name); len(m.resources[name]) == 0 && out.written[plural] == "" {
			out.written[plural] = name
		}
	}
	return &out
}

// askedNames records the names of resources that are looked up.
type askedNames struct {
	*mapper
	names []string
}

func (a *askedNames) ResourceFor(in schema.GroupVersionResource) (schema.GroupVersionResource, error) {
	a.names = append(a.names, strings.ToLower(in.Resource))
	return a.mapper.ResourceFor(in)
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
	if s, ok := m.written[resource]; ok {
		return s, nil
	}
	return flect.Singularize(resource), nil
}
