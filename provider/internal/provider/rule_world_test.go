// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/histogram"
	promlabels "github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/tsdb/tsdbutil"
	"github.com/prometheus/prometheus/util/annotations"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	prom "sigs.k8s.io/prometheus-adapter/pkg/client"
	"sigs.k8s.io/prometheus-adapter/pkg/naming"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/rule"
)

// world holds series for two objects in one namespace, once a second for ten minutes.
type world struct {
	series []promlabels.Labels
	native bool // series without the suffix of a classic histogram or counter are native histograms
}

const lasting = 10 * time.Minute

// newWorld makes series that a rule can select: with the labels that it maps, and with the values that it requires.
func newWorld(r rule.Rule, matchers []*promlabels.Matcher, namer naming.MetricNamer) world {
	names := map[string]bool{"http_requests_total": true}
	base := map[string]string{"path": "/", "code": "500"}
	if expr, err := parser.NewParser(parser.Options{}).ParseExpr(stripTemplate(r.MetricsQuery)); err == nil {
		for _, selectors := range parser.ExtractSelectors(expr) {
			matchers = append(matchers, selectors...)
		}
	}
	for _, m := range matchers {
		value := m.Value
		if set := m.SetMatches(); m.Type == promlabels.MatchRegexp && len(set) == 1 {
			value = set[0]
		} else if m.Type != promlabels.MatchEqual {
			continue
		}
		if m.Name == model.MetricNameLabel {
			names[value] = true
		} else {
			base[m.Name] = value
		}
	}
	for name := range namesByPattern(r, matchers) {
		names[name] = true
	}
	for _, m := range labelValue.FindAllStringSubmatch(r.MetricsQuery, -1) {
		if _, ok := base[m[1]]; !ok {
			base[m[1]] = "x"
		}
	}
	for _, m := range matchers { // labels that must be there
		if _, ok := base[m.Name]; !ok && m.Type == promlabels.MatchNotEqual && m.Value == "" {
			base[m.Name] = "x"
		}
	}
	mapped := map[string]string{}
	for label, res := range r.Resources.Overrides {
		mapped[label] = res.Resource
	}
	if r.Resources.Template != "" {
		for _, res := range []schema.GroupResource{
			{Resource: "namespaces"}, {Resource: "pods"}, {Resource: "services"}, {Resource: "nodes"}, {Group: "apps", Resource: "deployments"},
		} {
			if label, err := namer.LabelForResource(res); err == nil {
				mapped[string(label)] = res.Resource
			}
		}
	}
	w := world{native: strings.Contains(r.MetricsQuery, "histogram_")}
	for name := range names {
		for _, object := range []string{"a", "b"} {
			lset := maps.Clone(base)
			lset[model.MetricNameLabel], lset["instance"] = name, object
			for label, res := range mapped {
				if value, fixed := base[label]; fixed && value == "" {
					continue
				}
				lset[label] = object
				if strings.HasPrefix(strings.ToLower(res), "namespace") {
					lset[label] = "ns"
				}
			}
			maps.DeleteFunc(lset, func(_, value string) bool { return value == "" })
			if !strings.HasSuffix(name, "_bucket") {
				w.series = append(w.series, promlabels.FromMap(lset))
				continue
			}
			for _, le := range []string{"0.1", "1", "+Inf"} {
				lset["le"] = le
				w.series = append(w.series, promlabels.FromMap(lset))
			}
		}
	}
	return w
}

// stripTemplate leaves PromQL with something in place of each field, to look for names and matchers.
func stripTemplate(query string) string {
	return strings.NewReplacer("<<.Series>>", "series", "<<.LabelMatchers>>", `x="x"`, "<<.GroupBy>>", "x").Replace(query)
}

// without returns the world without the series of a name, while the adapter still lists the metric.
func (w world) without(name string) world {
	w.series = slices.DeleteFunc(slices.Clone(w.series), func(s promlabels.Labels) bool { return s.Get(model.MetricNameLabel) == name })
	return w
}

// discover returns the series that the adapter finds for a rule.
func (w world) discover(matchers []*promlabels.Matcher, namer naming.MetricNamer) []prom.Series {
	var found []prom.Series
	for _, lset := range w.series {
		if !matches(lset, matchers) {
			continue
		}
		s := prom.Series{Name: lset.Get(model.MetricNameLabel), Labels: model.LabelSet{}}
		lset.Range(func(l promlabels.Label) { s.Labels[model.LabelName(l.Name)] = model.LabelValue(l.Value) })
		found = append(found, s)
	}
	return namer.FilterSeries(found)
}

func matches(lset promlabels.Labels, matchers []*promlabels.Matcher) bool {
	return !slices.ContainsFunc(matchers, func(m *promlabels.Matcher) bool { return !m.Matches(lset.Get(m.Name)) })
}

// request is a query that the adapter sends, with the label in which it finds the names of objects in the result.
type request struct {
	query string
	label string
	err   error
}

// requests returns the queries of the adapter for a series: for each of its resources, for one object and for two, with and without a
// selector of the metric's own labels.
func (w world) requests(kind rule.Kind, s prom.Series, namer naming.MetricNamer, selector labels.Selector) []request {
	if kind == rule.KindExternal {
		var all []request
		for _, selector := range []labels.Selector{labels.Everything(), selector} {
			query, err := namer.QueryForExternalSeries(s.Name, "ns", selector)
			all = append(all, request{query: string(query), err: err})
		}
		return all
	}
	var all []request
	resources, _ := namer.ResourcesForSeries(s)
	for _, res := range resources {
		label, err := namer.LabelForResource(res)
		if err != nil {
			continue
		}
		namespace, names := "ns", []string{"a", "b"}
		switch res.Resource {
		case "namespaces":
			namespace, names = "", []string{"ns"}
		case "nodes":
			namespace = ""
		}
		for n := range names {
			for _, selector := range []labels.Selector{labels.Everything(), selector} {
				query, err := namer.QueryForSeries(s.Name, res, namespace, selector, names[:n+1]...)
				all = append(all, request{query: string(query), label: string(label), err: err})
			}
		}
	}
	return all
}

// answer returns why the adapter has no value for a request, or nil.
func (w world) answer(ctx context.Context, ask request) error {
	if ask.err != nil {
		return ask.err
	}
	engine := promql.NewEngine(promql.EngineOpts{
		MaxSamples: 1e6, Timeout: time.Minute, EnableAtModifier: true, Parser: parser.NewParser(parser.Options{}),
		NoStepSubqueryIntervalFn: func(int64) int64 { return time.Minute.Milliseconds() },
	})
	query, err := engine.NewInstantQuery(ctx, w, nil, ask.query, time.UnixMilli(lasting.Milliseconds()))
	if err != nil {
		return fmt.Errorf("%s: %w", ask.query, err)
	}
	defer query.Close()
	result := query.Exec(ctx)
	if result.Err != nil {
		return fmt.Errorf("%s: %w", ask.query, result.Err)
	}
	switch value := result.Value.(type) {
	case promql.Scalar:
		if ask.label == "" {
			return nil
		}
	case promql.Vector:
		for _, sample := range value {
			if name := sample.Metric.Get(ask.label); ask.label == "" || name == "a" || name == "b" || name == "ns" {
				return nil
			}
		}
	}
	return fmt.Errorf("%s gives %v", ask.query, result.Value)
}

// Querier implements storage.Queryable.
func (w world) Querier(mint, maxt int64) (storage.Querier, error) {
	return &storage.MockQuerier{SelectMockFunction: func(_ bool, _ *storage.SelectHints, matchers ...*promlabels.Matcher) storage.SeriesSet {
		set := &seriesSet{}
		for _, lset := range w.series {
			if !matches(lset, matchers) {
				continue
			}
			var samples []chunks.Sample
			for at := max(mint, 0); at <= maxt; at += time.Second.Milliseconds() {
				s := sample{at: at - at%time.Second.Milliseconds()}
				if name := lset.Get(model.MetricNameLabel); w.native && !strings.HasSuffix(name, "_bucket") && !strings.HasSuffix(name, "_total") {
					s.native = tsdbutil.GenerateTestFloatHistogram(s.at / time.Second.Milliseconds())
				}
				samples = append(samples, s)
			}
			set.series = append(set.series, storage.NewListSeries(lset, samples))
		}
		return set
	}}, nil
}

type seriesSet struct {
	series []storage.Series
	next   int
}

func (s *seriesSet) Next() bool                        { s.next++; return s.next <= len(s.series) }
func (s *seriesSet) At() storage.Series                { return s.series[s.next-1] }
func (s *seriesSet) Err() error                        { return nil }
func (s *seriesSet) Warnings() annotations.Annotations { return nil }

// sample grows by one a second, or is a native histogram that does.
type sample struct {
	at     int64
	native *histogram.FloatHistogram
}

func (s sample) ST() int64                     { return 0 }
func (s sample) T() int64                      { return s.at }
func (s sample) F() float64                    { return float64(s.at) / 1000 }
func (s sample) H() *histogram.Histogram       { return nil }
func (s sample) FH() *histogram.FloatHistogram { return s.native }
func (s sample) Copy() chunks.Sample           { return s }
func (s sample) Type() chunkenc.ValueType {
	if s.native != nil {
		return chunkenc.ValFloatHistogram
	}
	return chunkenc.ValFloat
}
