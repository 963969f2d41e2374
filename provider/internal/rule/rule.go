// SPDX-License-Identifier: Apache-2.0

// Package rule describes one discovery rule of prometheus-adapter: its text in the adapter's configuration, the checks that
// keep a broken rule away from the adapter, and what the adapter will make of it.
//
// The checks use the adapter's own naming package and Prometheus's own parser, so that "valid" means what it means to them.
package rule

import (
	"maps"
	"slices"

	"sigs.k8s.io/prometheus-adapter/pkg/config"
)

// Kind says which metrics API serves the rule.
type Kind string

// The two APIs the adapter serves from discovery rules.
const (
	KindCustom   Kind = "custom"   // custom.metrics.k8s.io: values that belong to Kubernetes objects
	KindExternal Kind = "external" // external.metrics.k8s.io: values that belong to nothing in the cluster
)

// Section returns the key of the adapter's configuration under which rules of this kind are listed.
func (k Kind) Section() string {
	if k == KindExternal {
		return "externalRules"
	}
	return "rules"
}

// Rule is one discovery rule. Zero values mean "left out", as they do for the adapter.
type Rule struct {
	SeriesQuery   string    `yaml:"seriesQuery"`
	SeriesFilters []Filter  `yaml:"seriesFilters,omitempty"`
	Resources     Resources `yaml:"resources,omitempty"`
	Name          Name      `yaml:"name,omitempty"`
	MetricsQuery  string    `yaml:"metricsQuery"`
}

// Filter keeps (Is) or drops (IsNot) series by a regular expression on their name; exactly one of the two is set.
type Filter struct {
	Is    string `yaml:"is,omitempty"`
	IsNot string `yaml:"isNot,omitempty"`
}

// Resources maps labels of the series to Kubernetes resources.
type Resources struct {
	Template   string                   `yaml:"template,omitempty"`
	Overrides  map[string]GroupResource `yaml:"overrides,omitempty"` // by label name
	Namespaced *bool                    `yaml:"namespaced,omitempty"`
}

// GroupResource names a Kubernetes resource, singular or plural; an empty group lets the adapter find it.
type GroupResource struct {
	Group    string `yaml:"group,omitempty"`
	Resource string `yaml:"resource"`
}

// Name maps the name of a series to the name of the metric.
type Name struct {
	Matches string `yaml:"matches,omitempty"`
	As      string `yaml:"as,omitempty"`
}

// Equal reports whether two rules mean the same to the adapter: an empty list or map equals one that is left out.
func (r Rule) Equal(other Rule) bool {
	return r.SeriesQuery == other.SeriesQuery &&
		slices.Equal(r.SeriesFilters, other.SeriesFilters) &&
		r.Resources.Equal(other.Resources) &&
		r.Name == other.Name &&
		r.MetricsQuery == other.MetricsQuery
}

// Equal reports whether two mappings mean the same to the adapter.
func (r Resources) Equal(other Resources) bool {
	return r.Template == other.Template &&
		maps.Equal(r.Overrides, other.Overrides) &&
		equalPointers(r.Namespaced, other.Namespaced)
}

func equalPointers(a, b *bool) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}

// Adapter returns the rule as the adapter's own configuration type.
func (r Rule) Adapter() config.DiscoveryRule {
	out := config.DiscoveryRule{
		SeriesQuery:  r.SeriesQuery,
		MetricsQuery: r.MetricsQuery,
		Name:         config.NameMapping{Matches: r.Name.Matches, As: r.Name.As},
		Resources:    config.ResourceMapping{Template: r.Resources.Template, Namespaced: r.Resources.Namespaced},
	}
	for _, f := range r.SeriesFilters {
		out.SeriesFilters = append(out.SeriesFilters, config.RegexFilter{Is: f.Is, IsNot: f.IsNot})
	}
	if len(r.Resources.Overrides) > 0 {
		out.Resources.Overrides = make(map[string]config.GroupResource, len(r.Resources.Overrides))
		for label, res := range r.Resources.Overrides {
			out.Resources.Overrides[label] = config.GroupResource{Group: res.Group, Resource: res.Resource}
		}
	}
	return out
}

// FromAdapter converts the adapter's own configuration type; it is the inverse of Rule.Adapter.
func FromAdapter(in config.DiscoveryRule) Rule {
	out := Rule{
		SeriesQuery:  in.SeriesQuery,
		MetricsQuery: in.MetricsQuery,
		Name:         Name{Matches: in.Name.Matches, As: in.Name.As},
		Resources:    Resources{Template: in.Resources.Template, Namespaced: in.Resources.Namespaced},
	}
	for _, f := range in.SeriesFilters {
		out.SeriesFilters = append(out.SeriesFilters, Filter{Is: f.Is, IsNot: f.IsNot})
	}
	if len(in.Resources.Overrides) > 0 {
		out.Resources.Overrides = make(map[string]GroupResource, len(in.Resources.Overrides))
		for label, res := range in.Resources.Overrides {
			out.Resources.Overrides[label] = GroupResource{Group: res.Group, Resource: res.Resource}
		}
	}
	return out
}
