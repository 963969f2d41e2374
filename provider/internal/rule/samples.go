// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"slices"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"
	"k8s.io/apimachinery/pkg/runtime/schema"
	prom "sigs.k8s.io/prometheus-adapter/pkg/client"
	"sigs.k8s.io/prometheus-adapter/pkg/naming"
)

// Values that stand in for those of a real request, chosen so that no rule contains them by chance.
const (
	sampleSeries    = "sample_series"
	quotedSample    = "sample.series" // for names that must be quoted
	sampleNamespace = "sample-namespace"
)

// podResource is the only resource of which an autoscaler requests several objects at once.
var podResource = schema.GroupResource{Resource: "pods"}

var sampleNames = []string{"sample-0", "sample-1"}

// sample is the query for a made-up request. There are several, because a template may branch on the request.
type sample struct {
	rendered
	expr  parser.Expr
	names int // how many objects are requested
}

// samples renders the query for each kind of request that the rule can get and parses it with Prometheus's parser. A query may be
// valid for one resource or for a single object only: the second result holds the requests for which it is not.
func (v *validator) samples() (sound []sample, wrong []failure) {
	for _, req := range v.sampleRequests() {
		s, problem := v.sample(req)
		if problem != nil {
			wrong = append(wrong, failure{sample: s, problem: *problem})
			continue
		}
		sound = append(sound, s)
	}
	return sound, wrong
}

// failure is a sample that is refused, or that never yields a value.
type failure struct {
	sample
	problem Problem
	mute    bool // there are values, but the adapter cannot tell whose they are
}

// sample renders the query for one request. Even on failure the sample says what was requested.
func (v *validator) sample(req Request) (sample, *Problem) {
	r := v.rule
	if !v.sound(FieldResources) {
		r.Resources = Resources{Template: "<<.Resource>>"} // any mapping will do to check the query itself
	}
	out, err := render(v.kind, r, req, v.mapper)
	s := sample{rendered: out, names: len(req.Names)}
	var found problems
	if err != nil {
		found.fail(FieldMetricsQuery, nil, "Invalid metrics_query template", "metrics_query %q cannot be rendered: %v.%s %s.", r.MetricsQuery, err, delimiterHint(r.MetricsQuery), templateHelp)
		return s, &found[0]
	}
	s.expr, err = newParser().ParseExpr(out.text)
	text, quoted := v.quotedSeries(req, s.expr)
	allowed := []parser.ValueType{parser.ValueTypeVector}
	if v.kind == KindExternal {
		allowed = append(allowed, parser.ValueTypeScalar)
	}
	switch {
	case quoted:
		found.fail(FieldMetricsQuery, nil, "Invalid metrics_query", "%s", text)
	case err != nil:
		found.fail(FieldMetricsQuery, nil, "Invalid metrics_query", "metrics_query %q becomes %q for a request, which Prometheus does not accept: %v.%s %s.",
			r.MetricsQuery, out.text, explainSyntax(err), v.syntaxHint(out.text, err), templateHelp)
	case s.expr.Type() == parser.ValueTypeString:
		found.fail(FieldMetricsQuery, nil, "Wrong type of metrics_query",
			"metrics_query %q is in quotes, so Prometheus takes it for a string. Quotes around the query are YAML's: leave them out.", r.MetricsQuery)
	case !slices.Contains(allowed, s.expr.Type()):
		found.fail(FieldMetricsQuery, nil, "Wrong type of metrics_query",
			"metrics_query %q becomes %q, which is a %s; the adapter needs an instant vector: wrap a range in rate() or another function. %s.",
			r.MetricsQuery, out.text, parser.DocumentedType(s.expr.Type()), templateHelp)
	default:
		return s, nil
	}
	return s, &found[0]
}

// sampleSeriesName is the series that samples request: the rule's own, if it names one.
func (v *validator) sampleSeriesName() (name string, fixed bool) {
	if !v.sound(FieldSeriesQuery) {
		return sampleSeries, false
	}
	if name, ok := v.series(); ok {
		return name, true
	}
	if v.everyName(needsQuotes) {
		return quotedSample, false
	}
	return sampleSeries, false
}

// sampleRequests makes up requests for each resource that the rule maps: one for two objects, as an autoscaler requests the pods of
// a workload, and one for a single object.
func (v *validator) sampleRequests() []Request {
	series, _ := v.sampleSeriesName()
	request := Request{Series: series, Namespace: sampleNamespace, Names: sampleNames}
	request.Resource = GroupResource{Resource: "pods"}
	if v.kind == KindExternal || !v.sound(FieldResources) {
		return []Request{request}
	}
	resources := mapped(v.rule)
	if v.rule.Resources.Template != "" {
		resources = append(resources, v.templateResources(request)...)
	}
	var requests []Request
	for _, res := range resources {
		req := request
		req.Resource = res
		if v.outsideNamespaces(res) || (v.rule.Resources.Template == "" && !v.mapsNamespace()) {
			req.Namespace = ""
		}
		if !isNamespace(res) { // the API serves namespaces one at a time
			requests = append(requests, req)
		}
		req.Names = sampleNames[:1]
		requests = append(requests, req)
	}
	return requests
}

// templateResources returns resources that a template maps: pods, namespaces, and those whose label is in the query or series_query.
func (v *validator) templateResources(request Request) []GroupResource {
	request.Resource = GroupResource{Resource: "pods"}
	out := []GroupResource{request.Resource, {Resource: "namespaces"}}
	var named []string
	if matchers, err := newParser().ParseMetricSelector(v.rule.SeriesQuery); err == nil {
		for _, m := range matchers {
			named = append(named, m.Name)
		}
	}
	if s, problem := v.sample(request); problem == nil {
		named = append(named, labelsIn(s.expr)...)
	}
	slices.Sort(named)
	v.mapper = v.mapper.withLabels(v.rule.Resources.Template, named)
	for _, label := range slices.Compact(named) {
		res, ok := v.templateResource(label)
		if ok && !slices.Contains(out, res) {
			out = append(out, res)
		}
	}
	return out
}

// templateResource returns the resource that a template recognises in a label. The cluster need not have it.
func (v *validator) templateResource(label string) (GroupResource, bool) {
	conv, err := naming.NewResourceConverter(v.rule.Resources.Template, nil, v.mapper)
	if err != nil || label == model.MetricNameLabel || !labelPattern.MatchString(label) {
		return GroupResource{}, false
	}
	found, _ := conv.ResourcesForSeries(prom.Series{Labels: model.LabelSet{model.LabelName(label): "x"}})
	if len(found) == 0 {
		return GroupResource{}, false
	}
	return GroupResource{Group: found[0].Group, Resource: found[0].Resource}, true
}

// labelsIn returns the labels that an expression groups by or compares.
func labelsIn(expr parser.Expr) []string {
	var out []string
	parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
		switch e := node.(type) {
		case *parser.AggregateExpr:
			out = append(out, e.Grouping...)
		case *parser.BinaryExpr:
			if e.VectorMatching != nil {
				out = append(out, slices.Concat(e.VectorMatching.MatchingLabels, e.VectorMatching.Include)...)
			}
		case *parser.VectorSelector:
			for _, m := range e.LabelMatchers {
				out = append(out, m.Name)
			}
		case *parser.StringLiteral: // what label_replace, label_join and count_values make
			out = append(out, e.Val)
		}
		return nil
	})
	return out
}

func isNamespace(res GroupResource) bool {
	return res.Group == "" && strings.TrimSuffix(strings.ToLower(res.Resource), "s") == "namespace"
}

// outsideNamespaces reports whether the adapter treats the resource as cluster-scoped.
func (v *validator) outsideNamespaces(res GroupResource) bool {
	found, err := v.mapper.ResourceFor(schema.GroupVersionResource{Group: res.Group, Resource: res.Resource})
	switch found.GroupResource() {
	case naming.NsGroupResource, naming.NodeGroupResource, naming.PVGroupResource:
		return err == nil
	}
	return false
}
