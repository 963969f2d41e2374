// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/bench/internal/arena"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/bench/internal/figures"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/environment"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/observe"
)

type options struct {
	length time.Duration
	keep   bool
	log    io.Writer
}

// rates are the loads, in requests per second: the target of one pod, where chance
// alone decides between one pod and two, and two that are half a pod away from any
// such point.
var rates = []int{10, 15, 25}

// variant is a setting, in seconds.
type variant struct {
	Name     string         `json:"name"`
	Settings arena.Settings `json:"settings"`
}

// variants are the defaults of terraform/environments/kind, a longer window, and
// a shorter stabilization.
var variants = []variant{
	{"ours", arena.Settings{ScrapeInterval: 1, RateWindow: 5, ScaleDownStabilization: 30}},
	{"window", arena.Settings{ScrapeInterval: 1, RateWindow: 15, ScaleDownStabilization: 30}},
	{"hasty", arena.Settings{ScrapeInterval: 1, RateWindow: 5, ScaleDownStabilization: 10}},
}

// reached is how long after the start of the load the replicas may take to settle:
// changes before that are not flapping.
const reached = time.Minute

// starting is how long an application may take until one pod is ready and idle.
const starting = 3 * time.Minute

// outcome is the result of one load on one variant.
type outcome struct {
	Variant  string  `json:"variant"`
	Rate     int     `json:"requests_per_second"`
	Needed   int     `json:"replicas_needed"` // rate / target, rounded up
	Ups      int     `json:"changes_up"`      // all after the first minute
	Downs    int     `json:"changes_down"`
	Lowest   int32   `json:"lowest_replicas"`
	Highest  int32   `json:"highest_replicas"`
	Mean     float64 `json:"mean_replicas"` // over time
	Requests int64   `json:"requests"`
	Failed   int64   `json:"failed_requests"`
}

type results struct {
	Machine  figures.Machine `json:"machine"`
	Minutes  float64         `json:"minutes"`
	Sync     float64         `json:"hpa_sync_seconds"`
	Variants []variant       `json:"variants"`
	Outcomes []outcome       `json:"outcomes"`
}

func name(v variant, rate int) string { return fmt.Sprintf("%s-%d", v.Name, rate) }

// measure sends all loads at the same time and leaves the cluster as it was.
func measure(ctx context.Context, o options) (r *results, err error) {
	root, err := environment.Root(".")
	if err != nil {
		return nil, err
	}
	tool := environment.Tool{Root: root, Environ: os.Environ(), Log: o.log}
	env, err := tool.Describe(ctx)
	if err != nil {
		return nil, err
	}
	a, err := arena.Open(ctx, root, env, o.log)
	if err != nil {
		return nil, err
	}
	apps := map[string]arena.Settings{}
	for _, v := range variants {
		for _, rate := range rates {
			apps[name(v, rate)] = v.Settings
		}
	}
	if !o.keep {
		defer func() { err = errors.Join(err, a.Destroy(ctx)) }()
	}
	if err := a.Build(ctx, apps); err != nil {
		return nil, err
	}
	r = &results{Machine: figures.ThisMachine(), Minutes: o.length.Minutes(), Sync: env.HPASync, Variants: variants}
	r.Outcomes = make([]outcome, len(variants)*len(rates))
	group, ctx := errgroup.WithContext(ctx)
	for i := range r.Outcomes {
		group.Go(func() (err error) {
			r.Outcomes[i], err = one(ctx, a, o, variants[i/len(rates)], rates[i%len(rates)], uint64(i))
			return err
		})
	}
	return r, group.Wait()
}

// one sends one load and counts what its autoscaler does.
func one(ctx context.Context, a *arena.Arena, o options, v variant, rate int, seed uint64) (outcome, error) {
	app := name(v, rate)
	observer, stop, err := observe.Start(ctx, observe.Options{
		Client: a.Client, Namespace: arena.Namespace(app), Name: arena.Deployment, Metric: arena.Metric(app), Log: func(string, ...any) {},
	})
	if err != nil {
		return outcome{}, err
	}
	defer stop()
	if _, err := observer.Await(ctx, starting, "one replica without load", func(s observe.State) bool {
		return s.Wanted == 1 && s.Ready == 1 && s.Average != nil && s.Average.IsZero()
	}); err != nil {
		return outcome{}, fmt.Errorf("%s: %w", app, err)
	}
	mark, began := observer.Mark(), time.Now()
	load, err := a.Send(ctx, app, float64(rate), reached+o.length, seed)
	if err != nil {
		return outcome{}, err
	}
	if ctx.Err() != nil {
		return outcome{}, context.Cause(ctx)
	}
	result := count(observer.Since(mark), began.Add(reached), began.Add(reached+o.length))
	result.Variant, result.Rate, result.Needed = v.Name, rate, (rate+arena.Target-1)/arena.Target
	result.Requests, result.Failed = load.Sent, load.Failed
	fmt.Fprintf(o.log, "%s: %+v\n", app, result)
	return result, nil
}

// count summarizes the changes of the replicas between two times.
func count(history observe.History, from, to time.Time) outcome {
	var o outcome
	var replicas int32
	var area float64
	last := from
	for _, s := range history {
		if s.At.After(to) {
			break
		}
		if !s.At.After(from) {
			replicas = s.Wanted
			o.Lowest, o.Highest = replicas, replicas
			continue
		}
		area += float64(replicas) * s.At.Sub(last).Seconds()
		switch {
		case s.Wanted > replicas:
			o.Ups++
		case s.Wanted < replicas:
			o.Downs++
		}
		replicas, last = s.Wanted, s.At
		o.Lowest, o.Highest = min(o.Lowest, replicas), max(o.Highest, replicas)
	}
	area += float64(replicas) * to.Sub(last).Seconds()
	o.Mean = area / to.Sub(from).Seconds()
	return o
}

// markdown shows the results as a table.
func markdown(r *results) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s The autoscalers' sync period was %g s; %g minutes of load after the first minute.\n\n", r.Machine, r.Sync, r.Minutes)
	b.WriteString("| Scrape, window, stabilization | Requests/s | Replicas needed | Changes (up, down) | Replicas (lowest to highest) | Mean replicas | Requests lost |\n")
	b.WriteString("| --- | ---: | ---: | ---: | ---: | ---: | ---: |\n")
	for _, v := range r.Variants {
		for _, o := range r.Outcomes {
			if o.Variant == v.Name {
				fmt.Fprintf(&b, "| %d s, %d s, %d s | %d | %d | %d (%d, %d) | %d to %d | %.2f | %d of %d |\n", v.Settings.ScrapeInterval, v.Settings.RateWindow,
					v.Settings.ScaleDownStabilization, o.Rate, o.Needed, o.Ups+o.Downs, o.Ups, o.Downs, o.Lowest, o.Highest, o.Mean, o.Failed, o.Requests)
			}
		}
	}
	return b.String()
}
