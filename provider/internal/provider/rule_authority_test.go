// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/histogram"
	promlabels "github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/util/annotations"
	ctyjson "github.com/zclconf/go-cty/cty/json"
	"k8s.io/apimachinery/pkg/api/meta/testrestmapper"
	"k8s.io/apimachinery/pkg/api/validate/content"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"
	prom "sigs.k8s.io/prometheus-adapter/pkg/client"
	"sigs.k8s.io/prometheus-adapter/pkg/config"
	"sigs.k8s.io/prometheus-adapter/pkg/naming"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/rule"
)

// What the table calls an error is what the adapter does not load, what Prometheus does not accept, or what never gives a value
// for any object; what it calls a warning or nothing works. The judges are the adapter's loader and naming package and
// Prometheus's engine, over series made for each rule.
func TestRule_tableAgreesWithAuthorities(t *testing.T) {
	t.Parallel()
	judged := 0
	for _, r := range append(readTable(t, "bad_rules"), readTable(t, "good_rules")...) {
		if r.cluster || r.judged == "type error" || r.judged == "argument error" {
			continue
		}
		judged++
		t.Run(r.name, func(t *testing.T) {
			kind, found := r.decode(t)
			err := authorities(t, kind, found)
			if refused := r.judged == "error"; refused != (err != nil) {
				t.Errorf("judged as %s, but the authorities say: %v", r.judged, err)
			}
			if got := rule.HasErrors(rule.Validate(kind, found)); got != (err != nil) {
				t.Errorf("Validate has errors: %v, but the authorities say: %v", got, err)
			}
		})
	}
	if judged < 60 {
		t.Errorf("%d rules were judged, want at least 60", judged)
	}
}

// decode reads the resource block as Terraform does, as far as the rule goes.
func (r tableRule) decode(t *testing.T) (rule.Kind, rule.Rule) {
	t.Helper()
	file, diags := hclsyntax.ParseConfig([]byte(r.text), r.document, hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	values := map[string]json.RawMessage{}
	for name, attribute := range file.Body.(*hclsyntax.Body).Blocks[0].Body.Attributes {
		value, diags := attribute.Expr.Value(nil)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		text, err := ctyjson.Marshal(value, value.Type())
		if err != nil {
			t.Fatal(err)
		}
		values[name] = text
	}
	text, err := json.Marshal(values)
	if err != nil {
		t.Fatal(err)
	}
	var in struct {
		Kind          rule.Kind `json:"kind"`
		SeriesQuery   string    `json:"series_query"`
		SeriesFilters []struct {
			Is    string `json:"is"`
			IsNot string `json:"is_not"`
		} `json:"series_filters"`
		Resources    rule.Resources `json:"resources"`
		MetricName   rule.Name      `json:"metric_name"`
		MetricsQuery string         `json:"metrics_query"`
	}
	if err := json.Unmarshal(text, &in); err != nil {
		t.Fatal(err)
	}
	out := rule.Rule{SeriesQuery: in.SeriesQuery, Resources: in.Resources, Name: in.MetricName, MetricsQuery: in.MetricsQuery}
	for _, f := range in.SeriesFilters {
		out.SeriesFilters = append(out.SeriesFilters, rule.Filter{Is: f.Is, IsNot: f.IsNot})
	}
	if in.Kind == "" {
		in.Kind = rule.KindCustom
	}
	return in.Kind, out
}

// authorities returns why a rule cannot be loaded or never gives a value, or nil.
func authorities(t *testing.T, kind rule.Kind, r rule.Rule) error {
	t.Helper()
	text, err := rule.Marshal(r)
	if err != nil {
		return err
	}
	loaded, err := config.FromYAML([]byte("rules:\n" + text))
	if err != nil {
		return fmt.Errorf("loading: %w", err)
	}
	namers, err := naming.NamersFromConfig(loaded.Rules, testrestmapper.TestOnlyStaticRESTMapper(scheme.Scheme))
	if err != nil {
		return fmt.Errorf("naming: %w", err)
	}
	matchers, err := parser.NewParser(parser.Options{}).ParseMetricSelector(r.SeriesQuery)
	if err != nil {
		return fmt.Errorf("series query: %w", err)
	}
	if !slices.ContainsFunc(matchers, func(m *promlabels.Matcher) bool { return !m.Matches("") }) {
		return errors.New("series query: no matcher that excludes the empty value")
	}
	w := newWorld(r, matchers, namers[0])
	var reasons []error
	answered := false
	for _, s := range w.discover(matchers, namers[0]) {
		name, err := namers[0].MetricNameForSeries(s)
		if err != nil || len(content.IsPathSegmentName(name)) > 0 || name == "" {
			reasons = append(reasons, fmt.Errorf("name %q: %w", name, err))
			continue
		}
		for _, ask := range w.requests(kind, s, namers[0]) {
			err := w.answer(t.Context(), ask)
			var syntax parser.ParseErrors
			if errors.As(err, &syntax) {
				return err // even if other requests are answered
			}
			answered = answered || err == nil
			reasons = append(reasons, err)
		}
	}
	if answered {
		return nil
	}
	return fmt.Errorf("no value: %w", errors.Join(append(reasons, errors.New("nothing else to try"))...))
}

// world holds series for two objects in one namespace, once a second for ten minutes.
type world struct{ series []promlabels.Labels }

const lasting = 10 * time.Minute

// newWorld makes series that a rule can be about: with the labels that it maps, and with the values that it asks for.
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
		for _, res := range []schema.GroupResource{{Resource: "namespaces"}, {Resource: "pods"}, {Group: "apps", Resource: "deployments"}} {
			if label, err := namer.LabelForResource(res); err == nil {
				mapped[string(label)] = res.Resource
			}
		}
	}
	var w world
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

// request is a query that the adapter makes, with the label under which it looks for the names of objects in the result.
type request struct {
	query string
	label string
	err   error
}

// requests returns what the adapter asks for a series: for each of its resources, for one object and for two.
func (w world) requests(kind rule.Kind, s prom.Series, namer naming.MetricNamer) []request {
	if kind == rule.KindExternal {
		query, err := namer.QueryForExternalSeries(s.Name, "ns", labels.Everything())
		return []request{{query: string(query), err: err}}
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
			query, err := namer.QueryForSeries(s.Name, res, namespace, labels.Everything(), names[:n+1]...)
			all = append(all, request{query: string(query), label: string(label), err: err})
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
				samples = append(samples, sample{at - at%time.Second.Milliseconds()})
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

// sample grows by one a second.
type sample struct{ at int64 }

func (s sample) ST() int64                     { return 0 }
func (s sample) T() int64                      { return s.at }
func (s sample) F() float64                    { return float64(s.at) / 1000 }
func (s sample) H() *histogram.Histogram       { return nil }
func (s sample) FH() *histogram.FloatHistogram { return nil }
func (s sample) Type() chunkenc.ValueType      { return chunkenc.ValFloat }
func (s sample) Copy() chunks.Sample           { return s }
