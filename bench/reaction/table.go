// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strings"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/bench/internal/figures"
)

// Targets of the ratio of our median to the guide's, and to the floor.
const (
	ofGuide = 0.25
	ofFloor = 1.5
)

// markdown shows the results as tables.
func markdown(r *results) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("%s Kubernetes %s, %d rounds, %.0f minutes. Figures are medians in seconds, with the quartiles in brackets.", r.Machine, r.Cluster, r.Rounds, r.Minutes)

	theirs, own := r.spread(guide, step.total), r.spread(ours, step.total)
	line("\n### Targets\n\n| Target | Figure | |\n| --- | --- | --- |")
	target := func(what string, ratio, limit float64) {
		met := "**not met**"
		if ratio <= limit {
			met = "met"
		}
		line("| %s | %.2f times | %s |", what, ratio, met)
	}
	target(fmt.Sprintf("our median at most %g times the guide's", ofGuide), own.Median/theirs.Median, ofGuide)
	target(fmt.Sprintf("our median at most %g times the floor", ofFloor), own.Median/r.floorSeconds(), ofFloor)

	line("\n### By stages\n\n| Stage ends with | guide (%d steps) | ours (%d steps) | ours / guide |\n| --- | ---: | ---: | ---: |", theirs.N, own.N)
	for _, c := range r.summarize() {
		format, ratio := "| %s | %s | %s | %s |", "–"
		if c.Stage == whole {
			format = "| **%s** | **%s** | **%s** | **%s** |"
		}
		if c.Ratio != nil {
			ratio = fmt.Sprintf("%.2f", *c.Ratio)
		}
		line(format, c.Stage, show(c.Guide), show(c.Ours), ratio)
	}

	bare := r.spread(floor, step.total)
	line("\nThe floor is %.2f s: a scrape (%d s), a sync of the autoscaler (%g s), and a bare pod start, wanted to ready, of %s over %d steps.",
		r.floorSeconds(), ourScrape, ourClock.Sync.Seconds(), show(bare), bare.N)

	line("\n### What each knob buys\n\n| Ours, but | All of it | Longer by | Steps |\n| --- | ---: | ---: | ---: |")
	line("| nothing changed | %s | | %d |", show(own), own.N)
	for _, knob := range knobs {
		s := r.spread(knob, step.total)
		line("| %s | %s | %+.2f | %d |", explained[knob], show(s), s.Median-own.Median, s.N)
	}
	if len(r.Costs) > 0 {
		b.WriteString(costTable(r.Costs))
	}
	return b.String()
}

// explained says what each setting means, for the tables.
var explained = map[string]string{
	sync:           "the autoscaler syncs every 15 s, and the adapter lists series every minute",
	scrape:         "a scrape every 7 s, and with it a rate over 15 s",
	window:         "a rate over 15 s",
	start:          "no post-start hook, and a readiness probe every 10 s",
	guide:          "all of the guide's",
	ours:           "all of ours",
	"relist 1 min": "the adapter lists series every minute",
}

func costTable(costs []cost) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("\n### What it costs\n\nWithout load, with %d autoscalers on the cluster; processor time in thousandths of a core.\n", costs[0].Autoscalers)
	line("| Clocks | Syncs/s | API requests/s | Samples/s | %s |", strings.Join(priced, " | "))
	line("| --- | ---: | ---: | ---: |%s", strings.Repeat(" ---: |", len(priced)))
	for _, c := range costs {
		name := explained[c.Setting]
		if c.Setting != ours && c.Setting != guide {
			name = "ours, but " + name
		}
		var cpu []string
		for _, container := range priced {
			cpu = append(cpu, fmt.Sprintf("%.0f", 1000*c.CPU[container]))
		}
		line("| %s | %.2f | %.1f | %.0f | %s |", name, c.Looks, c.APIRequests, c.Samples, strings.Join(cpu, " | "))
	}
	return b.String()
}

func show(s figures.Spread) string {
	return fmt.Sprintf("%.2f (%.2f–%.2f)", s.Median, s.Lower, s.Upper)
}
