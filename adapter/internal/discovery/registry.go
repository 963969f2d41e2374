// SPDX-License-Identifier: Apache-2.0

package discovery

import (
	"errors"
	"maps"
	"slices"
	"sort"
	"strings"

	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/custom-metrics-apiserver/pkg/provider"
	prom "sigs.k8s.io/prometheus-adapter/pkg/client"
	"sigs.k8s.io/prometheus-adapter/pkg/naming"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/adapter/internal/rules"
)

// Registry maps each metric to the series and the rule that it is served from. It is
// immutable.
type Registry struct {
	custom   map[provider.CustomMetricInfo]Entry
	names    map[string]bool // of custom metrics
	external map[string]Entry

	customList   []provider.CustomMetricInfo
	externalList []provider.ExternalMetricInfo
}

// Entry is the series and the rule that a metric is served from.
type Entry struct {
	Series string
	Rule   rules.Rule
}

func newRegistry(set *rules.Set, found map[string]Found) *Registry {
	r := &Registry{custom: map[provider.CustomMetricInfo]Entry{}, names: map[string]bool{}, external: map[string]Entry{}}
	each(set.Custom, false, found, func(rule rules.Rule, series, metric string, labels []string) {
		kinds, namespaced := rule.ResourcesForSeries(fake(series, labels))
		for _, kind := range kinds {
			info := provider.CustomMetricInfo{GroupResource: kind, Namespaced: namespaced, Metric: metric}
			if kind == naming.NsGroupResource || kind == naming.NodeGroupResource || kind == naming.PVGroupResource {
				info.Namespaced = false
			}
			r.custom[info], r.names[metric] = Entry{series, rule}, true
		}
	})
	each(set.External, true, found, func(rule rules.Rule, series, metric string, _ []string) {
		r.external[metric] = Entry{series, rule}
	})
	for info := range r.custom {
		r.customList = append(r.customList, info)
	}
	sort.Slice(r.customList, func(i, j int) bool { return r.customList[i].String() < r.customList[j].String() })
	for _, metric := range slices.Sorted(maps.Keys(r.external)) {
		r.externalList = append(r.externalList, provider.ExternalMetricInfo{Metric: metric})
	}
	return r
}

// each calls do for the series of a list of rules, ordered by rule, then by name: if
// two series make the same metric, the last one serves it.
func each(list []rules.Rule, external bool, found map[string]Found, do func(rule rules.Rule, series, metric string, labels []string)) {
	for _, rule := range list {
		if rule.Missing != nil {
			continue
		}
		series := found[keyOf(rule, external)]
		for _, name := range slices.Sorted(maps.Keys(series)) {
			one := fake(name, series[name])
			if len(rule.FilterSeries([]prom.Series{one})) == 0 {
				continue
			}
			if metric, err := rule.MetricNameForSeries(one); err == nil {
				do(rule, name, metric, series[name])
			}
		}
	}
}

// Serves reports whether there is a custom metric with this name, for any kind.
func (r *Registry) Serves(metric string) bool { return r.names[metric] }

// Custom returns the entry of a custom metric.
func (r *Registry) Custom(info provider.CustomMetricInfo) (Entry, bool) {
	entry, ok := r.custom[info]
	return entry, ok
}

// External returns the entry of an external metric.
func (r *Registry) External(metric string) (Entry, bool) {
	entry, ok := r.external[metric]
	return entry, ok
}

// CustomMetrics lists the custom metrics, sorted.
func (r *Registry) CustomMetrics() []provider.CustomMetricInfo { return r.customList }

// ExternalMetrics lists the external metrics, sorted.
func (r *Registry) ExternalMetrics() []provider.ExternalMetricInfo { return r.externalList }

// Query returns the query for a custom metric.
func (e Entry) Query(info provider.CustomMetricInfo, namespace string, selector labels.Selector, names []string) (string, error) {
	query, err := e.Rule.QueryForSeries(e.Series, info.GroupResource, namespace, selector, names...)
	return string(query), err
}

// ExternalQuery returns the query for an external metric.
func (e Entry) ExternalQuery(namespace string, selector labels.Selector) (string, error) {
	query, err := e.Rule.QueryForExternalSeries(e.Series, namespace, selector)
	return string(query), err
}

func overrides(rule rules.Rule) []string {
	return slices.Sorted(maps.Keys(rule.Source.Resources.Overrides))
}

func joined(problems []error) error {
	sort.Slice(problems, func(i, j int) bool { return strings.Compare(problems[i].Error(), problems[j].Error()) < 0 })
	return errors.Join(problems...)
}
