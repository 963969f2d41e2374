// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/promql/parser"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/prometheus-adapter/pkg/naming"
)

// Request is what a consumer of the metrics API asks for, an HPA for example.
type Request struct {
	Series    string        // the series behind the metric
	Resource  GroupResource // of the objects; not used for external metrics
	Namespace string        // empty for objects outside of namespaces
	Names     []string      // of the objects; not used for external metrics
}

// Render returns the PromQL that the adapter sends to Prometheus for a request.
func Render(kind Kind, r Rule, req Request) (string, error) {
	return render(kind, r, req, newMapper())
}

func render(kind Kind, r Rule, req Request, m *mapper) (string, error) {
	adapter := r.Adapter()
	conv, err := naming.NewResourceConverter(adapter.Resources.Template, adapter.Resources.Overrides, m)
	if err != nil {
		return "", fmt.Errorf("cannot map resources: %w", err)
	}
	namespaced := r.Resources.Namespaced == nil || *r.Resources.Namespaced
	query, err := naming.NewExternalMetricsQuery(r.MetricsQuery, conv, namespaced)
	if err != nil {
		return "", err
	}
	if kind == KindExternal {
		out, err := query.BuildExternal(req.Series, req.Namespace, "", nil, labels.Everything())
		return string(out), err
	}
	res, err := m.ResourceFor(schema.GroupVersionResource{Group: req.Resource.Group, Resource: req.Resource.Resource})
	if err != nil {
		return "", err
	}
	out, err := query.Build(req.Series, res.GroupResource(), req.Namespace, nil, labels.Everything(), req.Names...)
	return string(out), err
}

const templateHelp = "It is a Go template with the delimiters << and >> and the fields .Series, .LabelMatchers, .GroupBy, .LabelValuesByName and .GroupBySlice, " +
	"for example sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"

func (v *validator) metricsQuery() {
	if !v.known(FieldMetricsQuery) {
		return
	}
	query := v.rule.MetricsQuery
	if strings.TrimSpace(query) == "" {
		v.found.fail(FieldMetricsQuery, nil, "Empty metrics_query", "metrics_query is empty, so every request for the metric would fail. %s.", templateHelp)
		return
	}
	for _, req := range v.sampleRequests() {
		if !v.sample(req) {
			return // the others would only repeat it
		}
	}
}

// sample renders the query for one request and has Prometheus's parser read it; it reports whether that went well.
func (v *validator) sample(req Request) bool {
	r := v.rule
	if !v.sound(FieldResources) {
		r.Resources = Resources{Template: "<<.Resource>>"} // any mapping will do to see whether the query itself is sound
	}
	text, err := render(v.kind, r, req, v.mapper)
	if err != nil {
		hint := ""
		if strings.Contains(r.MetricsQuery, "{{") {
			hint = " The delimiters {{ and }} are not the adapter's."
		}
		v.found.fail(FieldMetricsQuery, nil, "Invalid metrics_query template", "metrics_query %q cannot be rendered: %v.%s %s.", r.MetricsQuery, err, hint, templateHelp)
		return false
	}
	expr, err := newParser().ParseExpr(text)
	if err != nil {
		v.found.fail(FieldMetricsQuery, nil, "Invalid metrics_query",
			"metrics_query %q becomes %q for a request, which Prometheus does not accept: %v. %s.", r.MetricsQuery, text, explainSyntax(err), templateHelp)
		return false
	}
	allowed := []parser.ValueType{parser.ValueTypeVector}
	if v.kind == KindExternal {
		allowed = append(allowed, parser.ValueTypeScalar)
	}
	if !slices.Contains(allowed, expr.Type()) {
		v.found.fail(FieldMetricsQuery, nil, "Wrong type of metrics_query",
			"metrics_query %q becomes %q, which is a %s; the adapter needs an instant vector: wrap a range in rate() or another function. %s.",
			r.MetricsQuery, text, parser.DocumentedType(expr.Type()), templateHelp)
		return false
	}
	return true
}

// explainSyntax shortens the parser's list of errors to the first one: the rest follow from it.
func explainSyntax(err error) error {
	var errs parser.ParseErrors
	if errors.As(err, &errs) && len(errs) > 0 {
		return &errs[0]
	}
	return err
}

// sampleRequests makes up one request for each resource that the rule maps, because a template may branch on its fields.
func (v *validator) sampleRequests() []Request {
	series := "sample_series_total"
	if v.sound(FieldSeriesQuery) {
		if name, ok := Series(v.rule.SeriesQuery); ok {
			series = name
		}
	}
	sample := Request{Series: series, Namespace: "sample-namespace", Names: []string{"sample-0", "sample-1"}}
	sample.Resource = GroupResource{Resource: "pods"}
	if v.kind == KindExternal || !v.sound(FieldResources) {
		return []Request{sample}
	}

	var requests []Request
	overrides := v.rule.Resources.Overrides
	for _, label := range slices.Sorted(maps.Keys(overrides)) {
		req := sample
		req.Resource = overrides[label]
		if req.Resource == (GroupResource{Resource: "namespace"}) || (v.rule.Resources.Template == "" && !v.mapsNamespace()) {
			req.Namespace = "" // objects outside of namespaces are asked for without one
		}
		requests = append(requests, req)
	}
	if v.rule.Resources.Template != "" {
		requests = append(requests, sample)
	}
	return requests
}
