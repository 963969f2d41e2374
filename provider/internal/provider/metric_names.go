// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/cluster/configmap"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/rule"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/internal/rulefile"
)

// lookTime is how long a plan waits for the config map just to compare names: without a cluster it continues without comparing.
const lookTime = 5 * time.Second

// metricNames knows which rules make which metrics: those planned so far, and those in the config maps. There is one for each
// provider block of a Terraform run.
type metricNames struct {
	mu      sync.Mutex
	planned map[configmap.Target]map[string]rule.Naming // by the rule's name
	names   map[configmap.Target]map[string]bool        // of planned rules, whose text in the config map is about to change
	texts   map[configmap.Target]func() metricsOf
	warned  map[configmap.Target]bool // that the text cannot be edited
}

// metricsOf is what a plan needs to know about a text. It has no file if the text cannot be read or parsed.
type metricsOf struct {
	file   *rulefile.File
	rules  []listedNaming
	reason error // why the text cannot be edited, if so
}

type listedNaming struct {
	rulefile.Listed
	naming rule.Naming
}

// plannedRule is a rule with what identifies its text in the config map.
type plannedRule struct {
	name   string
	naming rule.Naming

	before  string    // its name in the state; empty for a rule that is to be created
	was     rule.Rule // in the state
	adopted *adoption // its place, while it has no markers; nil once it has them
}

// stands reports whether a rule of the text is the planned one, as it was before the plan.
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

func newMetricNames() *metricNames {
	return &metricNames{
		planned: map[configmap.Target]map[string]rule.Naming{}, names: map[configmap.Target]map[string]bool{},
		texts: map[configmap.Target]func() metricsOf{}, warned: map[configmap.Target]bool{},
	}
}

// clash is another rule that makes a metric of the planned one.
type clash struct {
	rule   string // in words
	naming rule.Naming
}

// plan records a rule and returns another one that makes its metric for the same objects, or nil. The rule's own previous text does
// not count. If read fails, there is nothing to compare with.
func (n *metricNames) plan(ctx context.Context, target configmap.Target, p plannedRule, read func(context.Context) (string, error)) *clash {
	if found := n.note(target, p); found != nil {
		return found
	}
	text := n.text(ctx, target, read) // outside the lock, because it can take a while
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, l := range text.rules {
		if !p.naming.Clash(l.naming) || l.Ours() && n.names[target][l.Name] || p.stands(text, l.Listed) {
			continue
		}
		if l.Ours() {
			return &clash{fmt.Sprintf("the rule %q in %s (line %d)", l.Name, target, l.Line), l.naming}
		}
		return &clash{fmt.Sprintf("a rule that something else wrote into %s (line %d, series_query %q)", target, l.Line, l.Rule.SeriesQuery), l.naming}
	}
	return nil
}

// note records a planned rule and returns another one that clashes with it.
func (n *metricNames) note(target configmap.Target, p plannedRule) *clash {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.names[target] == nil {
		n.names[target], n.planned[target] = map[string]bool{}, map[string]rule.Naming{}
	}
	n.names[target][p.name] = true
	if p.before != "" { // a rule that is replaced is planned once more, without what it was before
		n.names[target][p.before] = true
	}
	n.planned[target][p.name] = p.naming
	for other, planned := range n.planned[target] {
		if other != p.name && p.naming.Clash(planned) {
			return &clash{fmt.Sprintf("the rule %q of this configuration", other), planned}
		}
	}
	return nil
}

// text returns what a config map holds. It is read once.
func (n *metricNames) text(ctx context.Context, target configmap.Target, read func(context.Context) (string, error)) metricsOf {
	n.mu.Lock()
	look, ok := n.texts[target]
	if !ok {
		look = sync.OnceValue(func() metricsOf { return listMetrics(context.WithoutCancel(ctx), read) })
		n.texts[target] = look
	}
	n.mu.Unlock()
	return look()
}

// refusal returns why the text of a target cannot be edited, to the first caller only.
func (n *metricNames) refusal(ctx context.Context, target configmap.Target, read func(context.Context) (string, error)) error {
	reason := n.text(ctx, target, read).reason
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.warned[target] {
		return nil
	}
	n.warned[target] = reason != nil
	return reason
}

// listMetrics reads a text and lists its rules with their metrics. Others report that the text cannot be read.
func listMetrics(ctx context.Context, read func(context.Context) (string, error)) metricsOf {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	text, err := read(ctx)
	if err != nil {
		return metricsOf{}
	}
	file, err := rulefile.Parse(text)
	if err != nil {
		return metricsOf{reason: err}
	}
	out := metricsOf{file: file, reason: file.Refused()}
	for _, l := range file.List() {
		if l.Err == nil && l.Kind != rulefile.KindResource {
			out.rules = append(out.rules, listedNaming{l, rule.NamingOf(l.Kind, l.Rule)})
		}
	}
	return out
}
