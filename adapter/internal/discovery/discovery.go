// SPDX-License-Identifier: Apache-2.0

// Package discovery finds out which metrics the rules serve: which series exist in
// Prometheus, and which kinds of Kubernetes object they describe.
package discovery

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/prometheus/common/model"
	"golang.org/x/sync/errgroup"
	prom "sigs.k8s.io/prometheus-adapter/pkg/client"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/adapter/internal/prometheus"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/adapter/internal/rules"
)

// atOnce is the maximum number of selectors that are queried concurrently.
const atOnce = 8

// Found maps each series name of a selector to those of its labels that stand for a
// kind of object. For external rules only the name counts, so there are no labels.
type Found map[string][]string

// Client lists the series in Prometheus.
type Client interface {
	LabelNames(ctx context.Context, selector string, since, until time.Time) ([]string, error)
	SeriesNames(ctx context.Context, selector string, age time.Duration, at time.Time) ([]string, error)
	Series(ctx context.Context, selector string, since, until time.Time) (map[string][]string, error)
}

// Discoverer lists the series in Prometheus. It keeps the last result of each selector
// for the time when Prometheus does not answer.
type Discoverer struct {
	Client Client
	MaxAge time.Duration // how long a series counts after its last sample

	mu   sync.Mutex
	last map[string]Found // by keyOf
}

// errHangs is why a query was not sent: atOnce queries have timed out, and each
// further one would delay a reload by another timeout.
var errHangs = errors.New("not asked, because Prometheus hangs")

// Registry finds the metrics of a set of rules. A rule whose query fails keeps the
// last result of its selector, and the error names it. The registry always covers all
// rules.
func (d *Discoverer) Registry(ctx context.Context, set *rules.Set) (*Registry, error) {
	now := time.Now()
	found := map[string]Found{}
	var mu sync.Mutex
	var problems []error
	late := 0 // queries that have timed out
	group, _ := errgroup.WithContext(context.WithoutCancel(ctx))
	group.SetLimit(atOnce)
	ask := func(list []rules.Rule, external bool) {
		for _, rule := range list {
			if rule.Missing != nil {
				continue
			}
			key := keyOf(rule, external)
			mu.Lock()
			_, asked := found[key]
			if !asked {
				found[key] = nil
			}
			mu.Unlock()
			if asked {
				continue
			}
			group.Go(func() error {
				mu.Lock()
				hangs := late >= atOnce
				mu.Unlock()
				answer, err := Found(nil), errHangs
				if !hangs {
					answer, err = d.find(ctx, rule, external, now)
				}
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					if errors.Is(err, context.DeadlineExceeded) {
						late++
					}
					problems = append(problems, fmt.Errorf("rule at line %d: %w", rule.Line, err))
					answer = d.remembered(key)
				}
				found[key] = answer
				return nil
			})
		}
	}
	ask(set.Custom, false)
	ask(set.External, true)
	_ = group.Wait()
	d.mu.Lock()
	d.last = found
	d.mu.Unlock()
	return newRegistry(set, found), joined(problems)
}

func (d *Discoverer) remembered(key string) Found {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.last[key]
}

// keyOf identifies the query of a rule. Rules with the same query share its result.
func keyOf(rule rules.Rule, external bool) string {
	if external {
		return "names\x00" + rule.Source.SeriesQuery
	}
	key := "labels\x00" + rule.Source.SeriesQuery
	if rule.Source.Resources.Template != "" {
		key += "\x00" + rule.Source.Resources.Template
	}
	for _, label := range overrides(rule) {
		key += "\x00" + label
	}
	return key
}

// find queries the names of the series of a rule, once for each label that stands for
// a kind of object. Other labels and label values are not needed, so the answer is no
// larger than the list of metrics.
func (d *Discoverer) find(ctx context.Context, rule rules.Rule, external bool, now time.Time) (Found, error) {
	selector := rule.Source.SeriesQuery
	found := Found{}
	if external {
		names, err := d.Client.SeriesNames(ctx, selector, d.MaxAge, now)
		if prometheus.Refused(err) {
			return d.bySeries(ctx, selector, now)
		}
		for _, name := range names {
			found[name] = nil
		}
		return found, err
	}
	labels, err := d.labelsOf(ctx, rule, now)
	if err != nil {
		return nil, err
	}
	var always []string // labels that the selector requires: one query covers all of them
	for _, label := range labels {
		narrowed, required, ok := prometheus.With(selector, label)
		switch {
		case !ok:
			return d.bySeries(ctx, selector, now)
		case required:
			always = append(always, label)
			continue
		}
		names, err := d.Client.SeriesNames(ctx, narrowed, d.MaxAge, now)
		if prometheus.Refused(err) {
			return d.bySeries(ctx, selector, now)
		}
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			found[name] = append(found[name], label)
		}
	}
	if len(always) == 0 {
		return found, nil
	}
	names, err := d.Client.SeriesNames(ctx, selector, d.MaxAge, now)
	if prometheus.Refused(err) {
		return d.bySeries(ctx, selector, now)
	}
	for _, name := range names {
		found[name] = append(found[name], always...)
	}
	return found, err
}

// labelsOf returns the labels that stand for a kind of object in a rule. With a
// template, any label of the series may.
func (d *Discoverer) labelsOf(ctx context.Context, rule rules.Rule, now time.Time) ([]string, error) {
	candidates := overrides(rule)
	if rule.Source.Resources.Template != "" {
		var err error
		if candidates, err = d.Client.LabelNames(ctx, rule.Source.SeriesQuery, now.Add(-d.MaxAge), now); err != nil {
			return nil, err
		}
	}
	var labels []string
	for _, label := range candidates {
		if label == model.MetricNameLabel {
			continue
		}
		if kinds, _ := rule.ResourcesForSeries(fake("", []string{label})); len(kinds) > 0 {
			labels = append(labels, label)
		}
	}
	return labels, nil
}

func (d *Discoverer) bySeries(ctx context.Context, selector string, now time.Time) (Found, error) {
	return d.Client.Series(ctx, selector, now.Add(-d.MaxAge), now)
}

// fake returns a series as the naming package expects it. That package ignores the
// values of labels.
func fake(name string, labels []string) prom.Series {
	s := prom.Series{Name: name, Labels: model.LabelSet{}}
	for _, label := range labels {
		s.Labels[model.LabelName(label)] = "x"
	}
	return s
}
