// SPDX-License-Identifier: Apache-2.0

package main

import (
	"slices"
	"strings"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/bench/internal/lineplot"
)

// Picture draws what grows with the number of pods.
func (r *Results) Picture() lineplot.Picture {
	curves := func(y func(*Program) float64, name string) (all []lineplot.Curve) {
		for _, program := range programs {
			c := lineplot.Curve{Name: strings.TrimPrefix(name+", "+names[program], ", ")}
			for _, s := range r.Sizes {
				c.Points = append(c.Points, lineplot.Point{X: float64(s.Pods), Y: y(s.Programs[program])})
			}
			all = append(all, c)
		}
		return all
	}
	of := func(way string, y func(*Way) float64) func(*Program) float64 {
		return func(p *Program) float64 {
			if w := p.Ways[way]; w != nil {
				return y(w)
			}
			return 0
		}
	}
	p50 := func(w *Way) float64 { return w.P50 * 1e3 }
	return lineplot.Picture{Title: "The metric path over the number of pods", Panels: []lineplot.Panel{
		{Title: "A request for the metric; of the workload: p50", X: "pods", Y: "milliseconds", Curves: slices.Concat(
			curves(of(raw, p50), "p50"), curves(of(raw, func(w *Way) float64 { return w.P99 * 1e3 }), "p99"), curves(of(workload, p50), "workload"))},
		{Title: "The autoscaler's loop, Prometheus' part, a list of series", X: "pods", Y: "milliseconds", Curves: slices.Concat(
			curves(of(raw, func(w *Way) float64 { return w.Loop * 1e3 }), "HPA"), curves(of(raw, func(w *Way) float64 { return w.Query * 1e3 }), "query"),
			curves(func(p *Program) float64 { return p.Relist * 1e3 }, "series"))},
		{Title: "The adapter's processor time of one request", X: "pods", Y: "milliseconds", Curves: slices.Concat(
			curves(of(raw, func(w *Way) float64 { return w.CPU[adapter] * 1e3 }), ""), curves(of(workload, func(w *Way) float64 { return w.CPU[adapter] * 1e3 }), "workload"))},
		{Title: "The adapter's memory", X: "pods", Y: "MiB, resident", Curves: curves(func(p *Program) float64 { return p.Memory[adapter] }, "")},
	}}
}
