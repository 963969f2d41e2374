// SPDX-License-Identifier: Apache-2.0

package why

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/rule"
)

// cannotAsk says why Prometheus cannot be asked for a metric's series; empty if it can.
func (l *look) cannotAsk(m *metric) string {
	switch {
	case m.noRule != "":
		return m.noRule
	case l.prom == nil:
		return "Prometheus could not be asked"
	case m.ofPods():
		return l.noPods
	}
	return ""
}

// lookAtSeries checks whether Prometheus has the series that the rule asks for, with the labels that say whose they are.
func (l *look) lookAtSeries(ctx context.Context, m *metric) Link {
	if why := l.cannotAsk(m); why != "" {
		return notLookedAt("%s", why)
	}
	own, err := l.ownLabels(m)
	if err != nil {
		return missing(err.Error(), "The adapter cannot tell whose a value is: the rule's resources must map a label to the namespace and one to the resource.",
			fmt.Sprintf("kubectl -n %s get configmap %s -o yaml", l.adapters[m.api].rules.Namespace, l.adapters[m.api].rules.ConfigMap))
	}
	matchers, err := parser.NewParser(parser.Options{}).ParseMetricSelector(m.rule.Rule.SeriesQuery)
	if err != nil {
		return missing(err.Error(), "The rule's seriesQuery is not a series selector.", "terraform plan")
	}
	named := &labels.Matcher{Type: labels.MatchEqual, Name: model.MetricNameLabel, Value: m.series}
	selected := selector(append(append(matchers, named), own...))
	n, err := l.prom.count(ctx, selected)
	if err != nil {
		return notLookedAt("%v", err)
	}
	if n > 0 && m.ofPods() && len(l.ready) > 0 {
		pods, err := l.prom.count(ctx, "count("+selected+") by ("+own[len(own)-1].Name+")")
		if err != nil {
			return notLookedAt("%v", err)
		}
		m.whole = pods >= len(l.ready)
		return ok("%d series of %s, for %d of %d ready pods", n, selected, min(pods, len(l.ready)), len(l.ready))
	}
	if n > 0 {
		return ok("%d series of %s", n, selected)
	}
	// The series of these pods are known by their target, whatever labels they have lost.
	all := []*labels.Matcher{named}
	var instances []string
	for _, t := range m.targets {
		instances = append(instances, regexp.QuoteMeta(t.Labels["instance"]))
	}
	if len(instances) > 0 {
		all = append(all, labels.MustNewMatcher(labels.MatchRegexp, "instance", strings.Join(instances, "|")))
	}
	there, err := l.prom.count(ctx, selector(all))
	if err != nil {
		return notLookedAt("%v", err)
	}
	do := query(l.prom.url, selector(all))
	if there == 0 {
		return missing(fmt.Sprintf("Prometheus has no series %s", selector(all)),
			"The rule asks for series that are not there. If the pods expose the counter and their targets are up, relabelling (metricRelabelings) drops or renames it, or it is another Prometheus that scrapes them.", do)
	}
	for _, label := range own {
		without := append([]*labels.Matcher{{Type: labels.MatchEqual, Name: label.Name}}, all...)
		if lacking, err := l.prom.count(ctx, selector(without)); err == nil && lacking == there {
			return missing(fmt.Sprintf("%d series of %s lack the label %s", lacking, m.series, label.Name),
				"This label tells the adapter whose a value is. Prometheus Operator sets namespace and pod by itself: a relabelling drops it, honorLabels is at work, or the scrape configuration does not set it.", do)
		}
	}
	return missing(fmt.Sprintf("%d series of %s, none of which %s selects", there, m.series, selected),
		"The series are there, with other labels than the rule's seriesQuery and resources ask for. Compare the two.", do)
}

// ownLabels returns the matchers for series of the pods, of the object or of the namespace.
func (l *look) ownLabels(m *metric) (found []*labels.Matcher, err error) {
	r := m.rule.Rule
	if r.Resources.Namespaced == nil || *r.Resources.Namespaced || m.kind == rule.KindCustom {
		label, err := rule.LabelFor(r, rule.GroupResource{Resource: "namespaces"})
		if err != nil && m.kind == rule.KindCustom {
			return nil, fmt.Errorf("the rule maps no label to the namespace: %w", err)
		}
		if err == nil {
			found = append(found, &labels.Matcher{Type: labels.MatchEqual, Name: label, Value: l.Namespace})
		}
	}
	if m.kind == rule.KindExternal {
		return found, nil
	}
	label, err := rule.LabelFor(r, m.resource)
	if err != nil {
		return nil, fmt.Errorf("the rule maps no label to %s: %w", m.resource.Resource, err)
	}
	return append(found, labels.MustNewMatcher(labels.MatchRegexp, label, strings.Join(l.names(m), "|"))), nil
}

// names returns the names of the objects whose values are requested.
func (l *look) names(m *metric) (names []string) {
	if !m.ofPods() {
		return []string{m.object}
	}
	for _, pod := range l.pods {
		names = append(names, pod.Name)
	}
	return names
}

// lookAtQuery sends Prometheus the query that the adapter sends.
func (l *look) lookAtQuery(ctx context.Context, m *metric) Link {
	if why := l.cannotAsk(m); why != "" {
		return notLookedAt("%s", why)
	}
	promql, err := rule.Render(m.kind, m.rule.Rule, rule.Request{Series: m.series, Resource: m.resource, Namespace: l.Namespace, Names: l.names(m), Selector: m.selector})
	if err != nil {
		return missing(err.Error(), "The rule's metricsQuery cannot be filled in for what the autoscaler asks.", "terraform plan")
	}
	values, err := l.prom.query(ctx, promql)
	switch {
	case apierrors.IsBadRequest(err), apierrors.IsInvalid(err): // 400 and 422
		return missing(err.Error(), "Prometheus refuses the rule's metricsQuery.", query(l.prom.url, promql))
	case err != nil:
		return notLookedAt("%s: %v", promql, err)
	}
	if len(values) == 0 {
		return missing("Prometheus has no value for "+promql,
			"The series are there, but the query has no result. A rate needs two scrapes within its window, which must be at least two, better four scrape intervals long; a pod that has just started has none yet.",
			query(l.prom.url, promql))
	}
	return ok("%d values of %s", len(values), promql)
}

// query returns the command that sends a query to Prometheus.
func query(url, promql string) string {
	return fmt.Sprintf("curl -sG '%s/api/v1/query' --data-urlencode 'query=%s'", url, promql)
}

func selector(matchers []*labels.Matcher) string {
	var texts []string
	name := ""
	for _, m := range matchers {
		if m.Name == model.MetricNameLabel { // a pattern and a name may not be given together
			if m.Type == labels.MatchEqual {
				name = m.Value
			}
			continue
		}
		texts = append(texts, m.String())
	}
	return name + "{" + strings.Join(texts, ",") + "}"
}
