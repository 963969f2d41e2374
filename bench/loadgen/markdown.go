// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/bench/internal/figures"
)

// markdown shows the results as tables.
func markdown(r *results) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	m := r.Machine
	line("Measured on %s with %s, %d cores (%s), %s: vegeta %s, wrk %s, hey %s, fasthttp %s. It took %s.", m.Date, m.Kernel, m.Cores,
		m.Processor, m.Go, m.Versions[vegeta], m.Versions[wrk], m.Versions[hey], m.Versions[fasthttp],
		time.Duration(r.Seconds*float64(time.Second)).Round(time.Second))

	line("\n### Targets\n\n| Target | Figure | |\n|---|---|---|")
	for _, v := range r.Verdicts {
		met := "**not met**"
		if v.Met {
			met = "met"
		}
		line("| %s | %s | %s |", v.Target, v.Figure, met)
	}

	disturbances(line, r)

	line("\n### Requests per CPU-second of the generator\n\nMedians of %d rounds; in brackets, loadgen's figure divided by this one.\n", r.Plan.Rounds)
	line("| Rate | loadgen | vegeta | hey | net/http | fasthttp |\n|---:|---:|---:|---:|---:|---:|")
	for _, rate := range r.Plan.Rates {
		cells := []string{fmt.Sprintf("%d/s", rate), fmt.Sprintf("%.0f", figures.Median(collect(of(r.Load, loadgen, rate), perCPUSecond)))}
		for _, other := range []string{vegeta, hey, nethttp, fasthttp} {
			cells = append(cells, fmt.Sprintf("%.0f (%.2f)", figures.Median(collect(of(r.Load, other, rate), perCPUSecond)), ratio(r, other, rate)))
		}
		line("| %s |", strings.Join(cells, " | "))
	}
	fastest := of(r.Load, wrk, 0)
	line("\nwrk, a closed loop without a rate, over %d connections: %.0f requests per CPU-second at %.0f/s.", connections,
		figures.Median(collect(fastest, perCPUSecond)), figures.Median(collect(fastest, func(o outcome) float64 { return o.Achieved })))

	line("\n### Scheduling error, in milliseconds\n\n| Rate | | loadgen | vegeta | net/http | fasthttp | loadgen's own send delay |\n|---:|---|---:|---:|---:|---:|---:|")
	for _, rate := range r.Plan.Rates {
		for i, name := range []string{"p50", "p99"} {
			cells := []string{fmt.Sprintf("%d/s", rate), name}
			deviation := func(o outcome) float64 { return o.Deviation[i] }
			for _, generator := range []string{loadgen, vegeta, nethttp, fasthttp} {
				cells = append(cells, fmt.Sprintf("%.3f", figures.Median(collect(of(r.Load, generator, rate), deviation))))
			}
			own := figures.Median(collect(of(r.Load, loadgen, rate), func(o outcome) float64 { return o.SendDelay[i] }))
			line("| %s | %.3f |", strings.Join(cells, " | "), own)
		}
	}

	line("\n### Highest rate held\n\n| loadgen | vegeta |\n|---:|---:|\n| %d/s | %d/s |", r.Capacity[loadgen], r.Capacity[vegeta])

	line("\n### Memory\n\n| | Load | Arrived | Peak MiB | MiB after a sixth | MiB at the end |\n|---|---|---:|---:|---:|---:|")
	for _, m := range r.Memory {
		line("| %s | %s | %d | %.1f | %.1f | %.1f |", m.Generator, m.at(), m.Arrived, m.PeakMiB, m.EarlyMiB, m.LateMiB)
	}
	peak := func(o outcome) float64 { return o.PeakMiB }
	line("\nPeaks of the short runs above: hey %.1f MiB at %d/s, wrk %.1f MiB.", figures.Median(collect(of(r.Load, hey, r.Plan.Rates[len(r.Plan.Rates)-1]), peak)),
		r.Plan.Rates[len(r.Plan.Rates)-1], figures.Median(collect(fastest, peak)))

	line("\n### Percentiles of the same server at %d/s, in milliseconds\n\n| | loadgen | vegeta | apart | allowed | wrk | apart | allowed |\n|---|---:|---:|---:|---:|---:|---:|---:|", r.Plan.LatencyRate)
	withWrk := agreements(r, wrk)
	for i, a := range agreements(r, vegeta) {
		w := withWrk[i]
		line("| p%g | %.3f | %.3f | %.3f | %.3f | %.3f | %.3f | %.3f |", 100*a.quantile, a.own, a.other, a.difference(), a.allowed, w.other, w.difference(), w.allowed)
	}
	return b.String()
}

// disturbances lists every round, including those that were repeated.
func disturbances(line func(string, ...any), r *results) {
	discarded := 0
	for _, a := range r.Attempts {
		if !a.Counted {
			discarded++
		}
	}
	line("\n### Rounds, and the processor time they lost\n")
	line("A round is measured again when the host took more than %g %% of the processor from one of its runs, at most %d times for each rate and for the percentiles, and once for memory.",
		100*r.Plan.MaxStolen, r.Plan.Repeats)
	line("If that happened each time, the attempt that lost least counts. %d of %d rounds do not count. Each share is the largest among the runs of the round.\n", discarded, len(r.Attempts))
	line("| Round | | Taken by the host | Used by other programs | loadgen's send delay p99, ms |\n|---|---|---:|---:|---:|")
	for _, a := range r.Attempts {
		counted, delay := "counts", "" // the memory run reports none
		if !a.Counted {
			counted = "repeated"
		}
		if a.SendDelay > 0 {
			delay = fmt.Sprintf("%.3f", a.SendDelay)
		}
		line("| %s | %s | %.1f %% | %.1f %% | %s |", a.Part, counted, 100*a.Stolen, 100*a.Others, delay)
	}
}
