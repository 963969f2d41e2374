// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"slices"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/prometheus-adapter/pkg/naming"
)

// Naming is what is known about the metrics of a rule without knowing which series Prometheus has.
type Naming struct {
	Series string // the only one that the rule can select; empty if it selects by a pattern or by labels alone
	Metric string // the metric that the rule makes of Series; empty if there is none

	kind     Kind
	rule     Rule
	matchers []*labels.Matcher // nil for a query that is not valid
}

// NamingOf returns the Naming of a rule, which need not be valid.
func NamingOf(kind Kind, r Rule) Naming {
	n := Naming{kind: kind, rule: r}
	n.matchers, _ = newParser().ParseMetricSelector(r.SeriesQuery)
	if name, ok := Series(r.SeriesQuery); ok {
		n.Series = name
		n.Metric, _ = Metric(r)
	}
	return n
}

// Clash reports whether two rules certainly make a metric of the same name for the same objects, provided that Prometheus has series
// for both. For each metric the adapter keeps the last rule, so that only one of the two is served.
func (n Naming) Clash(other Naming) bool {
	switch {
	case n.kind != other.kind:
		return false
	case n.Series != "" && other.Series != "":
		return n.Metric != "" && n.Metric == other.Metric && SameObjects(n.kind, n.rule, other.rule)
	case n.Series != "":
		return other.takes(n)
	case other.Series != "":
		return n.takes(other)
	default:
		return n.matchers != nil && n.rule.SeriesQuery == other.rule.SeriesQuery && slices.Equal(n.rule.SeriesFilters, other.rule.SeriesFilters) &&
			n.rule.Name == other.rule.Name && n.sameLabels(other)
	}
}

// takes reports whether a rule that selects by a pattern selects every series of one that selects by name, and makes the same
// metric of them.
func (n Naming) takes(one Naming) bool {
	if n.matchers == nil || one.Metric == "" {
		return false
	}
	has := one.has()
	for _, m := range n.matchers {
		if m.Name == model.MetricNameLabel {
			if !m.Matches(one.Series) {
				return false
			}
		} else if !implied(m, one.matchers, has) {
			return false
		}
	}
	metric, err := metricFor(one.Series, n.rule.SeriesFilters, n.rule.Name)
	return err == nil && metric == one.Metric && n.sameLabels(one)
}

// has returns the labels that every usable series of the rule has, whether or not the series query requires them: those of the
// object and of its namespace, if the rule maps only one kind of object.
func (n Naming) has() map[string]bool {
	out := map[string]bool{}
	m := knownResources()
	objects := m.objects(n.rule)
	if n.kind == KindExternal || n.rule.Resources.Template != "" || len(objects) > 1 || objects[naming.NodeGroupResource] || objects[naming.PVGroupResource] {
		return out
	}
	for label := range n.rule.Resources.Overrides {
		out[label] = true
	}
	return out
}

// implied reports whether a matcher accepts all series that the matchers in by select and that have the labels in has.
func implied(m *labels.Matcher, by []*labels.Matcher, has map[string]bool) bool {
	if m.Type == labels.MatchRegexp && m.Value == ".*" {
		return true
	}
	notEmpty := m.Type == labels.MatchNotEqual && m.Value == "" || m.Type == labels.MatchRegexp && m.Value == ".+"
	if notEmpty && has[m.Name] {
		return true
	}
	return slices.ContainsFunc(by, func(b *labels.Matcher) bool {
		if b.Name != m.Name {
			return false
		}
		values := b.SetMatches()
		if b.Type == labels.MatchEqual {
			values = []string{b.Value}
		}
		return b.Type == m.Type && b.Value == m.Value || notEmpty && !b.Matches("") ||
			b.Type != labels.MatchNotRegexp && len(values) > 0 && !slices.ContainsFunc(values, func(v string) bool { return !m.Matches(v) })
	})
}

// sameLabels reports whether two rules certainly take an object's name from the same label, so that a series counts in both.
func (n Naming) sameLabels(other Naming) bool {
	if n.kind == KindExternal {
		return true
	}
	m := forRule(n.rule, mapped(other.rule)...)
	left, err := naming.NewResourceConverter(n.rule.Resources.Template, n.rule.Adapter().Resources.Overrides, m)
	if err != nil {
		return false
	}
	right, err := naming.NewResourceConverter(other.rule.Resources.Template, other.rule.Adapter().Resources.Overrides, m)
	if err != nil {
		return false
	}
	a, b := m.objects(n.rule), m.objects(other.rule)
	if len(a) == 0 && len(b) == 0 {
		if n.rule.Resources.Template != "" || other.rule.Resources.Template != "" {
			return n.rule.Resources.Template == other.rule.Resources.Template
		}
		a = map[schema.GroupResource]bool{naming.NsGroupResource: true}
	}
	for _, objects := range []map[schema.GroupResource]bool{a, b} {
		for object := range objects {
			one, err := left.LabelForResource(object)
			if err != nil {
				continue
			}
			if two, err := right.LabelForResource(object); err == nil && one == two {
				return true
			}
		}
	}
	return false
}

// SameObjects reports whether two rules can have values for the same objects: if they also share a metric name, only one of them is
// served. Rules for different resources can share a name. Namespaces, which nearly all rules map, do not count.
func SameObjects(kind Kind, a, b Rule) bool {
	if kind == KindExternal || a.Resources.Template != "" || b.Resources.Template != "" {
		return true
	}
	m := forRule(a, mapped(b)...) // one of them may omit the group of an add-on
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
