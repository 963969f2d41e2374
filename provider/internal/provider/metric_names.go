// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"context"
	"fmt"
	"slices"
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
	texts   map[cluster.Target]func() map[metricKey][]rulefile.Listed
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
		texts: map[cluster.Target]func() map[metricKey][]rulefile.Listed{},
	}
}

// plan takes note of a rule and returns what else makes its metric for the same objects, in words, or nothing. Rules named in
// except do not count. An error of read means that there is nothing to compare with.
func (n *metricNames) plan(ctx context.Context, key metricKey, r rule.Rule, name string, read func(context.Context) (string, error), except ...string) string {
	clash := n.note(key, r, name)
	if clash != "" {
		return clash
	}
	n.mu.Lock()
	text, ok := n.texts[key.target]
	if !ok {
		text = sync.OnceValue(func() map[metricKey][]rulefile.Listed {
			return listMetrics(context.WithoutCancel(ctx), key.target, read)
		})
		n.texts[key.target] = text
	}
	n.mu.Unlock()
	found := text()[key] // outside of the lock, because it can take a while

	n.mu.Lock()
	defer n.mu.Unlock()
	for _, l := range found {
		known := l.Name == name || n.names[key.target][l.Name] || slices.Contains(except, l.Name)
		if l.Ours() && known || !rule.SameObjects(key.kind, r, l.Rule) {
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
func (n *metricNames) note(key metricKey, r rule.Rule, name string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.names[key.target] == nil {
		n.names[key.target] = map[string]bool{}
	}
	n.names[key.target][name] = true
	if n.planned[key] == nil {
		n.planned[key] = map[string]rule.Rule{}
	}
	n.planned[key][name] = r
	for other, planned := range n.planned[key] {
		if other != name && rule.SameObjects(key.kind, r, planned) {
			return fmt.Sprintf("the rule %q of this configuration", other)
		}
	}
	return ""
}

// listMetrics reads a text and sorts its rules by what they make. What cannot be read is none: that is for others to report.
func listMetrics(ctx context.Context, target cluster.Target, read func(context.Context) (string, error)) map[metricKey][]rulefile.Listed {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	out := map[metricKey][]rulefile.Listed{}
	text, err := read(ctx)
	if err != nil {
		return out
	}
	listed, err := rulefile.List(text)
	if err != nil {
		return out
	}
	for _, l := range listed {
		if l.Err != nil || l.Kind == rulefile.KindResource {
			continue
		}
		if metric, ok := rule.Metric(l.Rule); ok {
			key := metricKey{target: target, kind: l.Kind, metric: metric}
			out[key] = append(out[key], l)
		}
	}
	return out
}
