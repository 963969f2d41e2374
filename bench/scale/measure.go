// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/bench/internal/figures"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/bench/scale/internal/fleet"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/metrics"
)

const (
	// loopTimeout is how long the awaited loops of the autoscaler, 15 seconds apart, may take.
	loopTimeout = 3 * time.Minute
	// leastWatch is how long the components are watched at least, even if the loops are over sooner.
	leastWatch = 15 * time.Second
	// manyPods is the number of pods from which the autoscaler is watched for more than one loop, and
	// with every way: with fewer pods, loops and ways hardly differ.
	manyPods = 1000
)

// measure returns what it has found, and with an error what it has found until then.
func measure(ctx context.Context, sizes []int, labels int, log io.Writer) (results *Results, err error) {
	dir, err := os.MkdirTemp("", "bench-scale-")
	if err != nil {
		return nil, fmt.Errorf("making a folder: %w", err)
	}
	defer os.RemoveAll(dir)
	began := time.Now()
	s, err := set(ctx, dir, log)
	defer func() {
		if results != nil {
			results.Seconds = time.Since(began).Seconds()
		}
		err = errors.Join(err, s.close(ctx))
	}()
	if err != nil {
		return nil, err
	}
	version, err := s.client.ServerVersion()
	if err != nil {
		return nil, fmt.Errorf("asking the API server for its version: %w", err)
	}
	results = &Results{
		StartedAt: began.UTC().Truncate(time.Second), Kubernetes: version.GitVersion, ScrapeInterval: scrapeInterval, Window: rateWindow,
		Machine: figures.Platform(),
	}
	if results.Prometheus, err = s.prometheusVersion(ctx); err != nil {
		return results, err
	}
	if s.period, err = s.syncPeriod(ctx); err != nil {
		return results, err
	}
	results.SyncPeriod = s.period.String()
	s.later(func(ctx context.Context) error { return s.removePods(ctx, sizes[len(sizes)-1]) })
	there, own := 0, map[string]loops{}
	for _, pods := range sizes {
		size, err := s.size(ctx, there, pods, own)
		if err != nil {
			return results, fmt.Errorf("with %d pods: %w", pods, err)
		}
		results.Sizes = append(results.Sizes, *size)
		there = pods
	}
	if results.Longest, err = s.longest(ctx); err != nil {
		return results, err
	}
	if labels == 0 {
		return results, nil
	}
	if err := s.expose(ctx, there, labels); err != nil {
		return results, err
	}
	for i := range programs {
		program := programs[len(programs)-1-i] // the last one is deployed already
		found, err := s.labelled(ctx, program, there, labels)
		results.Labelled = append(results.Labelled, found...)
		if err != nil {
			return results, fmt.Errorf("%s, with %d series for each of %d pods: %w", program, labels, there, err)
		}
	}
	return results, nil
}

func (s *stage) prometheusVersion(ctx context.Context) (string, error) {
	text, err := s.metricsOf(ctx, prometheus)
	if err != nil {
		return "", fmt.Errorf("asking Prometheus for its version: %w", err)
	}
	e, err := metrics.Parse(text, "prometheus_build_info")
	if err != nil {
		return "", err
	}
	for _, m := range e["prometheus_build_info"].GetMetric() {
		if version := metrics.Label(m, "version"); version != "" {
			return version, nil
		}
	}
	return "", errors.New("asking Prometheus for its version: it does not say")
}

// watch makes the autoscaler follow one way and lets it sync while nothing else asks. Cores and memory
// are measured meanwhile.
func (s *stage) watch(ctx context.Context, pods int, way string, own loops, memory map[string]float64) (whole, metric float64, seen int, cores map[string]float64, err error) {
	if err = s.follow(ctx, pods, way); err != nil {
		return
	}
	asking, err := s.asking(ctx)
	if err != nil {
		return
	}
	from, err := s.snapshot(ctx)
	if err != nil {
		return
	}
	count := 2.0 // one of the application's autoscaler, one of the benchmark's
	if pods >= manyPods {
		count = 4
	}
	to, err := s.looped(ctx, from, count)
	if err != nil {
		return
	}
	most(memory, to)
	cores = map[string]float64{}
	for component, seconds := range used(from, to) {
		cores[component] = max(0, seconds-asking[component]) / to.at.Sub(from.at).Seconds()
	}
	others := math.Round(to.at.Sub(from.at).Seconds() / s.period.Seconds())
	whole = without(to.loop.since(from.loop), own.whole, others)
	metric = without(to.computed.since(from.computed), own.metric, others)
	return whole, metric, int(to.computed.count - from.computed.count), cores, nil
}

// asking returns what a snapshot costs the components: processor time between two, in seconds.
func (s *stage) asking(ctx context.Context) (map[string]float64, error) {
	const repeat = 3
	from, err := s.snapshot(ctx)
	to := from
	for range repeat {
		if err != nil {
			return nil, err
		}
		to, err = s.snapshot(ctx)
	}
	cost := used(from, to)
	for component := range cost {
		cost[component] /= repeat
	}
	return cost, err
}

func (s *stage) size(ctx context.Context, there, pods int, own map[string]loops) (*Size, error) {
	s.say("%d pods", pods)
	began := time.Now()
	if err := s.grow(ctx, there, pods, 1); err != nil {
		return nil, err
	}
	size := &Size{Pods: pods, Labels: 1, Create: time.Since(began).Seconds(), Programs: map[string]*Program{}}
	for i := range pods {
		size.Names += len(fleet.Pod(i)) + 1
	}
	size.Names-- // a separator between two
	var err error
	if size.Pod, err = s.podBytes(ctx); err != nil {
		return nil, err
	}
	began = time.Now()
	for _, program := range programs {
		if err := s.deploy(ctx, program); err != nil {
			return nil, err
		}
		if err := s.answered(ctx, pods, ways...); err != nil {
			return nil, err
		}
		p, rule, err := s.program(ctx, pods, program, own)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", program, err)
		}
		size.Programs[program], size.Rule = p, rule
	}
	if _, size.Answer, err = s.ask(ctx, raw); err != nil {
		return nil, err
	}
	size.Scrape, err = s.scrapeSeconds(ctx, time.Since(began))
	return size, err
}

// program measures the program that serves, and also returns what the recording rule took last, in seconds.
func (s *stage) program(ctx context.Context, pods int, program string, own map[string]loops) (*Program, float64, error) {
	p := &Program{Ways: map[string]*Way{}, Memory: map[string]float64{}}
	if own[program] == (loops{}) {
		o, err := s.ownLoop(ctx)
		if err != nil {
			return nil, 0, err
		}
		own[program] = o
	}
	s.say("%d pods, %s: the autoscaler alone", pods, program)
	type seen struct {
		whole, metric float64
		count         int
	}
	autoscaler := map[string]seen{}
	first, err := s.snapshot(ctx)
	if err != nil {
		return nil, 0, err
	}
	for _, way := range ways {
		if way != raw && pods < manyPods {
			continue
		}
		var v seen
		var cores map[string]float64
		if v.whole, v.metric, v.count, cores, err = s.watch(ctx, pods, way, own[program], p.Memory); err != nil {
			return nil, 0, err
		}
		autoscaler[way] = v
		if way == raw {
			p.Cores = cores
		}
	}

	s.say("%d pods, %s: requests", pods, program)
	asking, err := s.asking(ctx)
	if err != nil {
		return nil, 0, err
	}
	sent := map[string][]block{}
	for range blocks {
		for _, way := range ways {
			b, err := s.block(ctx, way)
			if err != nil {
				return nil, 0, err
			}
			most(p.Memory, b.to)
			sent[way] = append(sent[way], b)
		}
	}
	last := sent[ways[len(ways)-1]][blocks-1].to
	p.Relist = last.series.since(first.series).mean()
	for _, way := range ways {
		w := summary(sent[way], p.Cores, asking)
		w.Loop, w.Metric, w.Loops = autoscaler[way].whole, autoscaler[way].metric, autoscaler[way].count
		p.Ways[way] = w
		s.say("%d pods, %s, %s: p50 %.1f ms, p99 %.1f ms, %d failed of %d; loop %.1f ms", pods, program, way, w.P50*1e3, w.P99*1e3, w.Failed, w.Requests, w.Loop*1e3)
	}
	p.Resets, err = s.restarts(ctx)
	return p, last.rule, err
}

// scrapeSeconds returns how long a scrape of the exporter took on average, as Prometheus has recorded it.
func (s *stage) scrapeSeconds(ctx context.Context, span time.Duration) (float64, error) {
	expression := fmt.Sprintf(`avg(avg_over_time(scrape_duration_seconds{namespace=%q,job="exporter"}[%ds]))`, benchNamespace, max(5, int(span.Seconds())))
	seconds, err := metrics.Prometheus{HTTP: http.DefaultClient, URL: s.env.PrometheusURL}.Scalar(ctx, expression)
	if err != nil {
		return 0, fmt.Errorf("asking how long a scrape takes: %w", err)
	}
	return seconds, nil
}
