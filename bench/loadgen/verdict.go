// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"math"
	"slices"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/bench/internal/figures"
)

// verdict is one target and whether it was met.
type verdict struct {
	Target string `json:"target"`
	Figure string `json:"figure"`
	Met    bool   `json:"met"`
}

func judge(r *results) []verdict {
	return slices.Concat(judgeEfficiency(r), judgeSchedule(r), judgeCapacity(r), judgeMemory(r), judgeLatency(r))
}

func perCPUSecond(o outcome) float64 { return o.PerCPUSecond }

// ratio returns the median over the rounds of loadgen's efficiency divided by
// another's. The two of a round ran one after the other, so the machine was in the
// same state.
func ratio(r *results, other string, rate int) float64 {
	own, others := of(r.Load, loadgen, rate), of(r.Load, other, rate)
	var ratios []float64
	for i := range min(len(own), len(others)) {
		ratios = append(ratios, own[i].PerCPUSecond/others[i].PerCPUSecond)
	}
	return figures.Median(ratios)
}

func judgeEfficiency(r *results) (all []verdict) {
	for _, rate := range r.Plan.Rates {
		x := ratio(r, vegeta, rate)
		all = append(all, verdict{
			fmt.Sprintf("at least 1.5 times vegeta's requests per CPU-second at %d/s", rate),
			fmt.Sprintf("%.2f times", x), x >= 1.5,
		})
	}
	return all
}

func judgeSchedule(r *results) []verdict {
	var own, arrived, stolen []float64
	for _, o := range of(r.Load, loadgen, r.Plan.ScheduleRate) {
		own, arrived, stolen = append(own, o.SendDelay[1]), append(arrived, o.Deviation[1]), append(stolen, o.Stolen)
	}
	return []verdict{{
		fmt.Sprintf("scheduling error p99 below 1 ms at %d/s", r.Plan.ScheduleRate),
		fmt.Sprintf("%.3f ms by its own count, %.3f ms at the server, with %.1f %% of the processor stolen", figures.Median(own), figures.Median(arrived), 100*figures.Median(stolen)),
		figures.Median(own) < 1,
	}}
}

func judgeCapacity(r *results) []verdict {
	own, other := r.Capacity[loadgen], r.Capacity[vegeta]
	return []verdict{{"highest rate held with less than 0.1 % dropped, at least vegeta's", fmt.Sprintf("%d/s, vegeta %d/s", own, other), own >= other && own > 0}}
}

func judgeMemory(r *results) (all []verdict) {
	for _, m := range r.Memory {
		if m.Generator != loadgen {
			continue
		}
		at := m.at()
		due := float64(m.Rate) * m.Run.Seconds()
		all = append(all,
			verdict{"memory at most 64 MiB at " + at, fmt.Sprintf("%.1f MiB at its peak", m.PeakMiB), m.PeakMiB <= 64},
			verdict{
				"memory flat at " + at, fmt.Sprintf("%.1f MiB after a sixth of the run, %.1f MiB at its end", m.EarlyMiB, m.LateMiB),
				m.EarlyMiB > 0 && m.LateMiB <= 1.25*m.EarlyMiB+2,
			},
			verdict{
				"sent at " + at, fmt.Sprintf("%d arrived, %.0f expected", m.Arrived, due),
				math.Abs(float64(m.Arrived)-due) <= 0.001*due+5*math.Sqrt(due), // Poisson arrivals
			})
	}
	return all
}

// agreement is the comparison of one percentile of two generators.
type agreement struct {
	quantile   float64
	own, other float64 // ms, medians over the rounds
	allowed    float64 // ms that they may differ by: a bucket of the histograms
}

func (a agreement) difference() float64 { return math.Abs(a.own - a.other) }

func agreements(r *results, other string) (all []agreement) {
	own, others := of(r.Latency, loadgen, 0), of(r.Latency, other, 0)
	for i, q := range quantiles {
		number := func(o outcome) float64 { return o.Quantiles[i] }
		a := agreement{quantile: q, own: figures.Median(collect(own, number)), other: figures.Median(collect(others, number))}
		a.allowed = a.own / 1000 // HDR histogram of three digits
		if other == wrk {
			a.allowed += 0.001 // its histogram counts microseconds
		}
		all = append(all, a)
	}
	return all
}

func judgeLatency(r *results) (all []verdict) {
	for _, other := range []string{vegeta, wrk} {
		met, worst := true, agreement{}
		for _, a := range agreements(r, other) {
			met = met && a.difference() <= a.allowed
			if a.difference()-a.allowed > worst.difference()-worst.allowed || worst.quantile == 0 {
				worst = a
			}
		}
		all = append(all, verdict{
			fmt.Sprintf("percentiles agree with those of %s", other),
			fmt.Sprintf("p%g: %.2f and %.2f ms; %.2f ms apart, %.2f allowed", 100*worst.quantile, worst.own, worst.other, worst.difference(), worst.allowed),
			met,
		})
	}
	return all
}
