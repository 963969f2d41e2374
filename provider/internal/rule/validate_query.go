// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/promql/parser"
)

const templateHelp = "It is a Go template with the delimiters << and >> and the fields .Series, .LabelMatchers, .GroupBy, .LabelValuesByName and .GroupBySlice, " +
	"for example sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>)"

// Values that stand for those of a real request, made so that nobody writes them by chance.
const (
	sampleSeries    = "sample_series"
	sampleNamespace = "sample-namespace"
)

var sampleNames = []string{"sample-0", "sample-1"}

// sample is the query for a request that is made up, because a template may branch on what is asked for.
type sample struct {
	rendered
	expr parser.Expr
}

func (v *validator) metricsQuery() {
	if !v.known(FieldMetricsQuery) {
		return
	}
	query := v.rule.MetricsQuery
	if strings.TrimSpace(query) == "" {
		v.found.fail(FieldMetricsQuery, nil, "Empty metrics_query", "metrics_query is empty, so every request for the metric would fail. %s.", templateHelp)
		return
	}
	samples := v.samples()
	if !v.sound(FieldMetricsQuery) {
		return
	}
	v.answers(samples)
	if v.sound(FieldMetricsQuery) {
		v.misleadingQuery(samples)
	}
}

// samples renders the query for each kind of request and has Prometheus's parser read it, up to the first problem: the others
// would only repeat it.
func (v *validator) samples() []sample {
	var samples []sample
	for _, req := range v.sampleRequests() {
		s, ok := v.sample(req)
		if !ok {
			return nil
		}
		samples = append(samples, s)
	}
	return samples
}

func (v *validator) sample(req Request) (sample, bool) {
	r := v.rule
	if !v.sound(FieldResources) {
		r.Resources = Resources{Template: "<<.Resource>>"} // any mapping will do to see whether the query itself is sound
	}
	out, err := render(v.kind, r, req, v.mapper)
	if err != nil {
		v.found.fail(FieldMetricsQuery, nil, "Invalid metrics_query template", "metrics_query %q cannot be rendered: %v.%s %s.", r.MetricsQuery, err, delimiterHint(r.MetricsQuery), templateHelp)
		return sample{}, false
	}
	text := out.text
	expr, err := newParser().ParseExpr(text)
	if err != nil {
		v.found.fail(FieldMetricsQuery, nil, "Invalid metrics_query",
			"metrics_query %q becomes %q for a request, which Prometheus does not accept: %v.%s %s.",
			r.MetricsQuery, text, explainSyntax(err), v.syntaxHint(text, err), templateHelp)
		return sample{}, false
	}
	allowed := []parser.ValueType{parser.ValueTypeVector}
	if v.kind == KindExternal {
		allowed = append(allowed, parser.ValueTypeScalar)
	}
	if _, ok := expr.(*parser.StringLiteral); ok {
		v.found.fail(FieldMetricsQuery, nil, "Wrong type of metrics_query",
			"metrics_query %q stands in quotes as a whole, so Prometheus takes it for a piece of text. Quotes around the whole query are YAML's: leave them out.", r.MetricsQuery)
		return sample{}, false
	}
	if !slices.Contains(allowed, expr.Type()) {
		v.found.fail(FieldMetricsQuery, nil, "Wrong type of metrics_query",
			"metrics_query %q becomes %q, which is a %s; the adapter needs an instant vector: wrap a range in rate() or another function. %s.",
			r.MetricsQuery, text, parser.DocumentedType(expr.Type()), templateHelp)
		return sample{}, false
	}
	return sample{rendered: out, expr: expr}, true
}

// explainSyntax shortens the parser's list of errors to the first one: the rest follow from it.
func explainSyntax(err error) error {
	var errs parser.ParseErrors
	if errors.As(err, &errs) && len(errs) > 0 {
		return &errs[0]
	}
	return err
}

// sampleSeriesName is the series that samples ask for: the one that the rule is about, if it names one.
func (v *validator) sampleSeriesName() (name string, fixed bool) {
	if v.sound(FieldSeriesQuery) {
		if name, ok := Series(v.rule.SeriesQuery); ok {
			return name, true
		}
	}
	return sampleSeries, false
}

// sampleRequests makes up one request for each resource that the rule maps.
func (v *validator) sampleRequests() []Request {
	series, _ := v.sampleSeriesName()
	request := Request{Series: series, Namespace: sampleNamespace, Names: sampleNames}
	request.Resource = GroupResource{Resource: "pods"}
	if v.kind == KindExternal || !v.sound(FieldResources) {
		return []Request{request}
	}

	var requests []Request
	overrides := v.rule.Resources.Overrides
	for _, label := range slices.Sorted(maps.Keys(overrides)) {
		req := request
		req.Resource = overrides[label]
		if isNamespace(req.Resource) || (v.rule.Resources.Template == "" && !v.mapsNamespace()) {
			req.Namespace = "" // objects outside of namespaces are asked for without one
		}
		if isNamespace(req.Resource) {
			req.Names = sampleNames[:1] // the API has them one by one
		}
		requests = append(requests, req)
	}
	if v.rule.Resources.Template != "" {
		requests = append(requests, request)
	}
	return requests
}

func isNamespace(res GroupResource) bool {
	return res.Group == "" && strings.TrimSuffix(strings.ToLower(res.Resource), "s") == "namespace"
}

// answers refuses a query whose result the adapter can never assign to an object: it looks for the object's name under the label
// of the resource.
func (v *validator) answers(samples []sample) {
	var mute []sample // samples without an answer
	for _, s := range samples {
		result := labelsOf(s.expr)
		if result.empty != "" {
			v.found.fail(FieldMetricsQuery, nil, "Query without a result", "metrics_query %q becomes %q for a request, which never gives a value: %s.", v.rule.MetricsQuery, s.text, result.empty)
			return
		}
		if s.label != "" && !result.can(s.label) {
			mute = append(mute, s)
		}
	}
	if len(mute) == 0 || !v.sound(FieldResources) {
		return
	}
	s := mute[0]
	for _, other := range mute { // the one that people ask for
		if other.resource.Resource != "namespaces" {
			s = other
		}
	}
	const lost = "metrics_query %q becomes %q for %s, and the result does not have the label %q by which the adapter finds the object that a value belongs to"
	switch {
	case len(mute) == len(samples):
		v.found.fail(FieldMetricsQuery, nil, "Values belong to no object",
			lost+", so the metric would be listed but never have a value; keep the label with by (<<.GroupBy>>), for example sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>).",
			v.rule.MetricsQuery, s.text, s.resource, s.label)
	case s.resource.Resource != "namespaces":
		v.found.warn(FieldMetricsQuery, nil, "Values belong to other objects",
			lost+", so the metric is listed for %s but never has a value there; write by (<<.GroupBy>>), which is the label of whatever is asked for, or take %s out of resources.",
			v.rule.MetricsQuery, s.text, s.resource, s.label, s.resource, s.resource)
	}
}

// delimiterHint names delimiters and fields that belong to something else.
func delimiterHint(query string) string {
	switch {
	case strings.Contains(query, "{{"):
		return " The delimiters {{ and }} are not the adapter's: write <<.Series>>."
	case strings.Contains(query, "$__") || strings.Contains(query, "$interval"):
		return " Variables such as $__rate_interval are Grafana's: write a duration."
	case strings.Contains(query, ".LabelMatchersByName"):
		return " Comments in the adapter's source say .LabelMatchersByName; the field is called .LabelValuesByName."
	}
	return ""
}

// syntaxHint guesses what was meant by a query that is not PromQL.
func (v *validator) syntaxHint(text string, err error) string {
	if hint := delimiterHint(v.rule.MetricsQuery); hint != "" {
		return hint
	}
	message := err.Error()
	opened, closed := strings.Count(text, "("), strings.Count(text, ")")
	switch {
	case strings.Contains(strings.ReplaceAll(text, " ", ""), "{,"):
		return " For an external metric <<.LabelMatchers>> can be empty, which leaves a comma behind the brace: write your own matchers first, as in {code=\"500\",<<.LabelMatchers>>}."
	case unquotedValue.MatchString(text):
		return ` The value of a matcher stands in quotes, in Terraform written as \"...\".`
	case strings.Contains(v.rule.MetricsQuery, ".LabelMatchers") && !strings.Contains(text, "{"):
		return " Matchers stand in braces: <<.Series>>{<<.LabelMatchers>>}."
	case strings.Contains(v.rule.MetricsQuery, "{.") || strings.Contains(v.rule.MetricsQuery, "<.") && !strings.Contains(v.rule.MetricsQuery, "<<."):
		return " A field stands between << and >>, for example <<.LabelMatchers>>."
	case opened != closed:
		return fmt.Sprintf(" There are %d opening and %d closing parentheses.", opened, closed)
	case strings.Contains(message, "expected type range vector"):
		return " rate() and its like need a range: <<.Series>>{<<.LabelMatchers>>}[1m]."
	case strings.Contains(message, "ranges only allowed for vector selectors"):
		return " A range belongs to the series and not to an aggregation: sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])), not rate(sum(...)[1m])."
	case strings.Contains(message, "duration"):
		return " A duration is a number with a unit, for example 30s, 1m or 1h."
	}
	return ""
}
