// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

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
	samples := v.answers(v.samples())
	if v.sound(FieldMetricsQuery) {
		v.misleadingQuery(samples)
	}
}

// answers returns the samples that yield a value. It refuses a query that yields none for any request, and warns about one that
// yields none for a request that people make.
func (v *validator) answers(samples []sample, wrong []failure) []sample {
	var answering []sample
	for _, s := range samples {
		if f := v.unanswered(s); f != nil {
			wrong = append(wrong, *f)
			continue
		}
		answering = append(answering, s)
	}
	switch {
	case len(wrong) == 0:
	case len(answering) == 0:
		v.found = append(v.found, worst(wrong).problem)
	default:
		v.answersInPart(answering, wrong)
	}
	return answering
}

// worst returns the failure to report: one that is not about the labels of the result, else one of a resource other than namespaces.
func worst(wrong []failure) failure {
	for _, f := range wrong {
		if !f.mute {
			return f
		}
	}
	for _, f := range wrong {
		if f.resource.Resource != "namespaces" {
			return f
		}
	}
	return wrong[0]
}

// unanswered says why a query never yields a value that the adapter can assign to an object. The adapter finds the object's name in
// the label of the resource.
func (v *validator) unanswered(s sample) *failure {
	var found problems
	result := labelsOf(s.expr)
	mute := s.label != "" && !result.can(s.label) && v.sound(FieldResources)
	switch {
	case result.empty != "":
		found.fail(FieldMetricsQuery, nil, "Query without a result", "metrics_query %q becomes %q for a request, which never gives a value: %s.", v.rule.MetricsQuery, s.text, result.empty)
	case mute:
		found.fail(FieldMetricsQuery, nil, "Values belong to no object",
			lostLabel+", so the metric would be listed but never have a value; keep the label with by (<<.GroupBy>>), for example sum(rate(<<.Series>>{<<.LabelMatchers>>}[1m])) by (<<.GroupBy>>).",
			v.rule.MetricsQuery, s.text, s.resource, s.label)
	default:
		return nil
	}
	return &failure{sample: s, problem: found[0], mute: mute && result.empty == ""}
}

const lostLabel = "metrics_query %q becomes %q for %s, and the result does not have the label %q by which the adapter finds the object that a value belongs to"

// answersInPart warns about requests that people make and that yield no value, although others do.
func (v *validator) answersInPart(answering []sample, wrong []failure) {
	listed := v.listedResources()
	for _, f := range wrong {
		pods := f.resource == podResource
		if f.resource.Resource == "namespaces" || (f.names > 1 && !pods) || !slices.Contains(listed, f.resource) {
			continue // an autoscaler asks for several objects at once only if they are pods
		}
		others := slices.ContainsFunc(answering, func(s sample) bool { return s.resource == f.resource })
		switch {
		case others && f.names > 1:
			v.found.warn(FieldMetricsQuery, nil, "Right for a single object only",
				"metrics_query %q has a value for one of the %s, but not for several at once: it becomes %q, which has none. An autoscaler asks for all pods in one request; write <<.Series>>{<<.LabelMatchers>>} and by (<<.GroupBy>>), which fit any number.",
				v.rule.MetricsQuery, f.resource, f.text)
		case f.mute:
			v.found.warn(FieldMetricsQuery, nil, "Values belong to other objects",
				lostLabel+", so the metric is listed for %s but never has a value there; write by (<<.GroupBy>>), which is the label of whatever is asked for, or take %s out of resources.",
				v.rule.MetricsQuery, f.text, f.resource, f.label, f.resource, f.resource)
		default:
			v.found.warn(FieldMetricsQuery, nil, "Query fails for other objects",
				"The metric is listed for %s but never has a value there: %s", f.resource, f.problem.Detail)
		}
		return
	}
}

// listedResources returns the resources for which the adapter lists the metric: those that overrides map and, with a template,
// those whose label series_query requires, or pods if it requires none.
func (v *validator) listedResources() []schema.GroupResource {
	var out []schema.GroupResource
	add := func(res GroupResource) {
		if found, err := v.mapper.ResourceFor(schema.GroupVersionResource{Group: res.Group, Resource: res.Resource}); err == nil {
			out = append(out, found.GroupResource())
		}
	}
	for _, res := range v.rule.Resources.Overrides {
		add(res)
	}
	if v.rule.Resources.Template == "" {
		return out
	}
	matchers, err := newParser().ParseMetricSelector(v.rule.SeriesQuery)
	if err != nil || !v.known(FieldSeriesQuery) {
		return out
	}
	asked := false
	for _, m := range matchers {
		res, ok := v.templateResource(m.Name)
		if ok && !m.Matches("") && v.mapper.builtIn(res) && res.Resource != "namespaces" {
			asked = true
			add(res)
		}
	}
	if !asked {
		add(GroupResource{Resource: "pods"})
	}
	return out
}
