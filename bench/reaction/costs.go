// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/bench/internal/clocks"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/metrics"
)

// costLength is how long each setting's cost is measured. The kubelet reads the
// processor time of containers about every 10 s, and reports when it did.
const costLength = 30 * time.Second

// priced are the containers whose processor time is part of the cost.
var priced = []string{"prometheus", "prometheus-adapter", "kube-apiserver", "kube-controller-manager", "etcd"}

// measureCosts measures what the clocks cost without load: all of ours, ours with
// one at a time set back to the guide's, and all of the guide's. Meanwhile all
// applications are scraped at the same interval.
func (b *bench) measureCosts(ctx context.Context) ([]cost, error) {
	var costs []cost
	for _, c := range []cost{
		{Setting: ours, Clock: ourClock, ScrapeInterval: ourScrape},
		{Setting: scrape, Clock: ourClock, ScrapeInterval: guideScrape},
		{Setting: "relist 1 min", Clock: clock{ourClock.Sync, guideClock.Relist}, ScrapeInterval: ourScrape},
		{Setting: sync, Clock: clock{guideClock.Sync, ourClock.Relist}, ScrapeInterval: ourScrape},
		{Setting: guide, Clock: guideClock, ScrapeInterval: guideScrape},
	} {
		if err := b.set(ctx, c.Clock); err != nil {
			return nil, err
		}
		for app := range apps {
			if err := b.node.SetScrape(ctx, b.prometheus(), app, time.Duration(c.ScrapeInterval)*time.Second); err != nil {
				return nil, err
			}
		}
		b.say("cost of %s", c.Setting)
		if err := b.price(ctx, &c); err != nil {
			return nil, fmt.Errorf("cost of %s: %w", c.Setting, err)
		}
		costs = append(costs, c)
	}
	return costs, nil
}

// reading is what has been used so far.
type reading struct {
	at       time.Time
	requests clocks.Count
	samples  float64
	cpu      map[string]usage
}

// usage is processor time in seconds up to a moment.
type usage struct {
	seconds float64
	at      time.Time
}

func (b *bench) price(ctx context.Context, c *cost) error {
	list, err := b.Client.AutoscalingV2().HorizontalPodAutoscalers("").List(ctx, metav1.ListOptions{})
	if err != nil {
		return fmt.Errorf("counting autoscalers: %w", err)
	}
	before, err := b.read(ctx)
	if err != nil {
		return err
	}
	select {
	case <-time.After(costLength):
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	after, err := b.read(ctx)
	if err != nil {
		return err
	}
	seconds := after.at.Sub(before.at).Seconds()
	c.Seconds, c.Autoscalers = seconds, len(list.Items)
	c.Looks = (after.requests.Scales - before.requests.Scales) / seconds
	c.APIRequests = (after.requests.All - before.requests.All) / seconds
	c.Samples = (after.samples - before.samples) / seconds
	c.CPU = map[string]float64{}
	for _, name := range priced {
		from, to := before.cpu[name], after.cpu[name]
		// A container that was restarted meanwhile would give a wrong figure.
		if from.at.IsZero() || !to.at.After(from.at) || to.seconds < from.seconds {
			return fmt.Errorf("no processor time of container %s over %s", name, costLength)
		}
		c.CPU[name] = (to.seconds - from.seconds) / to.at.Sub(from.at).Seconds()
	}
	return nil
}

func (b *bench) read(ctx context.Context) (reading, error) {
	r := reading{cpu: map[string]usage{}}
	var err error
	if r.requests, err = clocks.Requests(ctx, b.Client); err != nil {
		return r, err
	}
	r.at = time.Now()
	if r.samples, err = b.appended(ctx); err != nil {
		return r, err
	}
	body, err := b.Client.CoreV1().RESTClient().Get().Resource("nodes").Name(b.node.Name).SubResource("proxy").Suffix("metrics/resource").DoRaw(ctx)
	if err != nil {
		return r, fmt.Errorf("asking the kubelet for processor time: %w", err)
	}
	page, err := metrics.Parse(body)
	if err != nil {
		return r, fmt.Errorf("asking the kubelet for processor time: %w", err)
	}
	for _, m := range page["container_cpu_usage_seconds_total"].GetMetric() {
		r.cpu[metrics.Label(m, "container")] = usage{m.GetCounter().GetValue(), time.UnixMilli(m.GetTimestampMs())}
	}
	return r, nil
}

// appended returns how many samples Prometheus has appended since it started.
func (b *bench) appended(ctx context.Context) (float64, error) {
	body, err := metrics.Page(ctx, b.prometheus().HTTP, b.Env.PrometheusURL+"/metrics")
	if err != nil {
		return 0, fmt.Errorf("reading Prometheus' own metrics: %w", err)
	}
	const name = "prometheus_tsdb_head_samples_appended_total"
	page, err := metrics.Parse(body, name)
	if err != nil {
		return 0, fmt.Errorf("reading Prometheus' own metrics: %w", err)
	}
	return page.Sum(name), nil
}
