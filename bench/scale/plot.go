// SPDX-License-Identifier: Apache-2.0

package main

import "github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/bench/internal/lineplot"

// Picture draws what grows over the number of pods.
func (r *Results) Picture() lineplot.Picture {
	curve := func(name string, y func(Size) float64) lineplot.Curve {
		c := lineplot.Curve{Name: name}
		for _, s := range r.Sizes {
			c.Points = append(c.Points, lineplot.Point{X: float64(s.Pods), Y: y(s)})
		}
		return c
	}
	of := func(way string, y func(*Way) float64) func(Size) float64 {
		return func(s Size) float64 {
			if w := s.Ways[way]; w != nil {
				return y(w)
			}
			return 0
		}
	}
	var latency, loop, cpu, memory []lineplot.Curve
	for _, way := range ways {
		latency = append(latency, curve("p50, "+titles[way], of(way, func(w *Way) float64 { return w.P50 * 1e3 })),
			curve("p99, "+titles[way], of(way, func(w *Way) float64 { return w.P99 * 1e3 })))
		loop = append(loop, curve("HPA, "+titles[way], of(way, func(w *Way) float64 { return w.Loop * 1e3 })),
			curve("query, "+titles[way], of(way, func(w *Way) float64 { return w.Query * 1e3 })))
	}
	loop = append(loop, curve("one list of series", func(s Size) float64 { return s.Relist * 1e3 }))
	for _, component := range components {
		memory = append(memory, curve(titles[component], func(s Size) float64 { return s.Memory[component] }))
		if component == controller {
			continue // it only takes part when the autoscaler asks
		}
		cpu = append(cpu, curve(titles[component], func(s Size) float64 {
			if w := s.Ways[raw]; w != nil {
				return w.CPU[component] * 1e3
			}
			return 0
		}))
	}
	return lineplot.Picture{Title: "The metric path over the number of pods", Panels: []lineplot.Panel{
		{Title: "A request for the metric of all pods", X: "pods", Y: "milliseconds", Curves: latency},
		{Title: "The autoscaler's loop, and the queries", X: "pods", Y: "milliseconds", Curves: loop},
		{Title: "Processor time of one request", X: "pods", Y: "milliseconds", Curves: cpu},
		{Title: "Memory", X: "pods", Y: "MiB, resident", Curves: memory},
	}}
}
