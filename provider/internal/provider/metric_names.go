// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/rule"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/rulefile"
)

// lookTime is how long a plan waits for the config map only to compare names: without a cluster it goes on without.
const lookTime = 5 * time.Second

// metricNames knows which rules make which metrics: those planned so far, and those that stand in the config maps. There is one
// for each provider block of a Terraform run.
type metricNames struct {
	mu      sync.Mutex
	planned map[metricKey]map[string]rule.Rule // by the rule's name
	names   map[cluster.Target]map[string]bool // of planned rules, whose text in the config map is about to change
	texts   map[cluster.Target]func() metricsOf
}

// metricsOf is a text's rules by what they make. Without a text there is no file.
type metricsOf struct {
	file     *rulefile.File
	byMetric map[metricKey][]rulefile.Listed
}

// plannedRule is a rule with what tells it, as it stands in the config map, from others.
type plannedRule struct {
	name string
	rule rule.Rule

	before  string    // its name in the state; empty for a rule that is to be created
	was     rule.Rule // in the state
	adopted *adoption // where it stands without markers; nil when it has some
}

// stands reports whether a rule of the text is the planned one, as it was before.
func (p plannedRule) stands(m metricsOf, l rulefile.Listed) bool {
	if l.Ours() {
		return l.Name == p.name || l.Name == p.before
	}
	if p.adopted == nil {
		return false
	}
	found, err := m.file.Locate(p.adopted.place(), p.was)
	return err == nil && found.Selector() == l.Selector()
}

// metricKey identifies a metric of one adapter.
type metricKey struct {
	target cluster.Target
	kind   rule.Kind
	metric string
}

func newMetricNames() *metricNames {
	return &metricNames{
		planned: map[metricKey]map[string]rule.Rule{}, names: map[cluster.Target]map[string]bool{},
		texts: map[cluster.Target]func() metricsOf{},
	}
}

// plan takes note of a rule and returns what else makes its metric for the same objects, in words, or nothing. What the rule itself
// was before does not count. An error of read means that there is nothing to compare with.
func (n *metricNames) plan(ctx context.Context, key metricKey, p plannedRule, read func(context.Context) (string, error)) string {
	clash := n.note(key, p)
	if clash != "" {
		return clash
	}
	n.mu.Lock()
	look, ok := n.texts[key.target]
	if !ok {
		look = sync.OnceValue(func() metricsOf { return listMetrics(context.WithoutCancel(ctx), key.target, read) })
		n.texts[key.target] = look
	}
	n.mu.Unlock()
	text := look() // outside of the lock, because it can take a while

	n.mu.Lock()
	defer n.mu.Unlock()
	for _, l := range text.byMetric[key] {
		if l.Ours() && n.names[key.target][l.Name] || p.stands(text, l) || !rule.SameObjects(key.kind, p.rule, l.Rule) {
			continue
		}
		if l.Ours() {
			return fmt.Sprintf("the rule %q in %s (line %d)", l.Name, key.target, l.Line)
		}
		return fmt.Sprintf("a rule that something else wrote into %s (line %d, series_query %q)", key.target, l.Line, l.Rule.SeriesQuery)
	}
	return ""
}

// note remembers a planned rule and returns another one that clashes with it.
func (n *metricNames) note(key metricKey, p plannedRule) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.names[key.target] == nil {
		n.names[key.target] = map[string]bool{}
	}
	n.names[key.target][p.name] = true
	if p.before != "" { // a rule that is replaced is planned once more, without what it was before
		n.names[key.target][p.before] = true
	}
	if n.planned[key] == nil {
		n.planned[key] = map[string]rule.Rule{}
	}
	n.planned[key][p.name] = p.rule
	for other, planned := range n.planned[key] {
		if other != p.name && rule.SameObjects(key.kind, p.rule, planned) {
			return fmt.Sprintf("the rule %q of this configuration", other)
		}
	}
	return ""
}

// listMetrics reads a text and sorts its rules by what they make. What cannot be read is none: that is for others to report.
func listMetrics(ctx context.Context, target cluster.Target, read func(context.Context) (string, error)) metricsOf {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	text, err := read(ctx)
	if err != nil {
		return metricsOf{}
	}
	file, err := rulefile.Parse(text)
	if err != nil {
		return metricsOf{}
	}
	out := metricsOf{file: file, byMetric: map[metricKey][]rulefile.Listed{}}
	for _, l := range file.List() {
		if l.Err != nil || l.Kind == rulefile.KindResource {
			continue
		}
		if metric, ok := rule.Metric(l.Rule); ok {
			key := metricKey{target: target, kind: l.Kind, metric: metric}
			out.byMetric[key] = append(out.byMetric[key], l)
		}
	}
	return out
}
