// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/bench/internal/figures"
)

// labelled measures a counter with several series for each pod, with one rule at a time: at each relist
// the adapter lists every series that its rules select, and a recording rule leaves one for each pod.
func (s *stage) labelled(ctx context.Context, program string, pods, labels int) ([]Discovery, error) {
	s.say("%d pods with %d series each", pods, labels)
	if err := s.deploy(ctx, program); err != nil {
		return nil, err
	}
	var all []Discovery
	// The series without labels stay listed for a minute, so the raw ones come second.
	for _, way := range []string{recorded, raw} {
		d := Discovery{Program: program, Way: way, Pods: pods, Series: pods}
		if way == raw {
			d.Series *= labels
		}
		if err := s.setRules(ctx, way); err != nil {
			return nil, err
		}
		if err := s.follow(ctx, pods, way); err != nil {
			return nil, err
		}
		if err := s.answered(ctx, pods, way); err != nil {
			return nil, err
		}
		asking, err := s.asking(ctx)
		if err != nil {
			return nil, err
		}
		from, err := s.snapshot(ctx)
		if err != nil {
			return nil, err
		}
		to, err := s.looped(ctx, from, 3)
		if err != nil {
			return nil, err
		}
		seconds := to.at.Sub(from.at).Seconds()
		cost := used(from, to)
		d.Cores = max(0, cost[adapter]-asking[adapter]) / seconds
		d.Server = max(0, cost[prometheus]-asking[prometheus]) / seconds
		d.Relist = to.series.since(from.series).mean()
		var latencies []float64
		for range 10 {
			began := time.Now()
			if _, err := s.fetch(ctx, way); err != nil {
				return nil, err
			}
			latencies = append(latencies, time.Since(began).Seconds())
		}
		d.P50 = figures.Median(latencies)
		last, err := s.snapshot(ctx)
		if err != nil {
			return nil, err
		}
		d.Memory = max(to.memory[adapter], last.memory[adapter])
		s.say("%s, %s alone: adapter %.3f cores, %.0f MiB, %.0f ms for the list of series", program, way, d.Cores, d.Memory, d.Relist*1e3)
		all = append(all, d)
	}
	return all, nil
}
