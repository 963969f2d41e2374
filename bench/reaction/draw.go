// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Sizes of the plot, in pixels.
const (
	width   = 760
	left    = 120 // of the bars; names stand before them
	right   = 60
	barGap  = 46
	bar     = 20
	top     = 40
	dotSize = 3
)

// style has two sets of colours; the reader's browser chooses. Adjacent stages must
// differ even where colours are hard to tell apart.
const style = `<style>
text { font: 12px sans-serif; fill: #24292f } .small { font-size: 11px; fill: #57606a } .rule { stroke: #d0d7de }
.dot { fill: #24292f; fill-opacity: .55 } svg { background: #fff }
.s0 { fill: #0b5394 } .s1 { fill: #6fa8dc } .s2 { fill: #b4d2ee } .s3 { fill: #b45f06 } .s4 { fill: #f6b26b } .s5 { fill: #38761d } .s6 { fill: #93c47d }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 } .small { fill: #9da7b3 } .rule { stroke: #3d444d } .dot { fill: #fff; fill-opacity: .7 } svg { background: #0d1117 }
.s0 { fill: #3d85c6 } .s1 { fill: #7fb2e5 } .s2 { fill: #c6def4 } .s3 { fill: #d07a1c } .s4 { fill: #f8c48d } .s5 { fill: #4f9a2e } .s6 { fill: #a9d699 }
}
</style>`

// draw returns the stages as an SVG: a bar of the medians for each setting, and
// a dot for each step.
func draw(r *results) string {
	settings := append([]string{guide, ours}, knobs...)
	longest := 0.0
	for _, s := range r.Steps {
		longest = max(longest, s.total())
	}
	longest = math.Ceil(longest)
	x := func(seconds float64) float64 { return left + seconds/longest*(width-left-right) }

	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	bottom := top + barGap*(len(settings)+1)
	height := bottom + 40 + 20*((moments+1)/2)
	line(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img">`, width, height, width, height)
	line(`<title>From a step of the load to the first request that a new pod serves</title>`)
	b.WriteString(style + "\n")
	line(`<text x="%d" y="20">Seconds from a step of the load to the first request that a new pod serves</text>`, left)
	for tick := 0.0; tick <= longest; tick += tickWidth(longest) {
		line(`<line class="rule" x1="%.1f" y1="%d" x2="%.1f" y2="%d"/><text class="small" x="%.1f" y="%d" text-anchor="middle">%g</text>`,
			x(tick), top-8, x(tick), bottom, x(tick), bottom+14, tick)
	}
	for i, setting := range settings {
		y := top + barGap*i
		label := setting
		if slices.Contains(knobs, setting) {
			label = "ours, " + setting
		}
		line(`<text x="%d" y="%d" text-anchor="end">%s</text>`, left-8, y+bar-5, label)
		total := r.spread(setting, step.total).Median
		// Medians of stages do not add up to the median of the total: the bar is as
		// long as the total, and is divided in proportion to the stages.
		var medians [moments]float64
		sum := 0.0
		for stage := range moments {
			medians[stage] = r.spread(setting, func(s step) float64 { return s.stage(stage) }).Median
			sum += medians[stage]
		}
		at := 0.0
		for stage, median := range medians {
			share := median / sum * total
			line(`<rect class="s%d" x="%.1f" y="%d" width="%.1f" height="%d"/>`, stage, x(at), y, x(at+share)-x(at), bar)
			at += share
		}
		line(`<text x="%.1f" y="%d">%.1f</text>`, x(total)+6, y+bar-5, total)
		for _, s := range r.of(setting) {
			line(`<circle class="dot" cx="%.1f" cy="%d" r="%d"/>`, x(s.total()), y+bar+8, dotSize)
		}
	}
	y := top + barGap*len(settings)
	line(`<text x="%d" y="%d" text-anchor="end">floor</text>`, left-8, y+bar-5)
	at := 0.0
	for _, part := range []struct {
		stage   int
		seconds float64
	}{{scraped, float64(ourScrape)}, {decided, ourClock.Sync.Seconds()}, {ready, r.spread(floor, step.total).Median}} {
		line(`<rect class="s%d" x="%.1f" y="%d" width="%.1f" height="%d"/>`, part.stage, x(at), y, x(at+part.seconds)-x(at), bar)
		at += part.seconds
	}
	line(`<text x="%.1f" y="%d">%.1f</text>`, x(at)+6, y+bar-5, at)
	for i, name := range momentNames {
		cx, cy := left+(i%2)*300, bottom+30+20*(i/2)
		line(`<rect class="s%d" x="%d" y="%d" width="12" height="12"/><text class="small" x="%d" y="%d">%s</text>`, i, cx, cy, cx+18, cy+10, name)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// tickWidth returns the seconds between ticks, a whole number, for about ten ticks at
// most.
func tickWidth(longest float64) float64 {
	for _, w := range []float64{1, 2, 5, 10, 20} {
		if longest/w <= 10 {
			return w
		}
	}
	return 50
}
