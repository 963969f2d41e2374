// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"
	"k8s.io/apimachinery/pkg/api/meta"
	prom "sigs.k8s.io/prometheus-adapter/pkg/client"
	"sigs.k8s.io/prometheus-adapter/pkg/config"
	"sigs.k8s.io/prometheus-adapter/pkg/naming"
)

// newParser returns Prometheus's parser with all optional syntax enabled: it is not known which of it a server allows.
func newParser() parser.Parser {
	return parser.NewParser(parser.Options{
		EnableExperimentalFunctions: true,
		EnableBinopFillModifiers:    true,
	})
}

// Series returns the one series name that a series query can select, and false when it selects by a pattern, by labels alone,
// or does not parse. A pattern that is compared as plain text does not count as a name.
func Series(query string) (name string, ok bool) {
	matchers, err := newParser().ParseMetricSelector(query)
	if err != nil {
		return "", false
	}
	for _, m := range matchers {
		if value, ok := singleValue(m); ok && m.Name == model.MetricNameLabel && !evidentPattern(value) {
			return value, true
		}
	}
	return "", false
}

// Metric returns the name under which the adapter will serve the rule's metric. It is false when the name depends on which
// series Prometheus has, or when the rule is not valid.
func Metric(r Rule) (name string, ok bool) {
	series, ok := Series(r.SeriesQuery)
	if !ok {
		return "", false
	}
	return MetricOf(series, r)
}

// MetricOf returns the name under which the adapter will serve a series that the rule's query selects. It is false for one that the
// rule's filters drop, or that cannot be named.
func MetricOf(series string, r Rule) (name string, ok bool) {
	name, err := metricFor(series, r.SeriesFilters, r.Name)
	return name, err == nil && name != ""
}

// metricFor asks the adapter's naming package for the metric of a series; a series that the filters drop has none.
func metricFor(series string, filters []Filter, name Name) (string, error) {
	r := Rule{SeriesFilters: filters, Name: name}
	namers, err := naming.NamersFromConfig([]config.DiscoveryRule{r.Adapter()}, meta.RESTMapper(nil))
	if err != nil {
		return "", err
	}
	kept := namers[0].FilterSeries([]prom.Series{{Name: series}})
	if len(kept) == 0 {
		return "", nil
	}
	return namers[0].MetricNameForSeries(kept[0])
}
