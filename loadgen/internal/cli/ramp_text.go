// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/internal/draw"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/ramp"
)

// rampText formats a ramp for a person.
type rampText struct {
	rampOptions
	style draw.Style
	width int
}

func (t rampText) method() string { return cmp.Or(t.rampOptions.method, http.MethodPost) }

// quantile is p99 for 0.99.
func (t rampText) quantile() string { return fmt.Sprintf("p%g", 100*t.limits.Quantile) }

func (t rampText) columns() []string {
	return []string{"rate/s", "2xx/s", "p50 ms", t.quantile() + " ms", "delay ms", "lost %", "verdict"}
}

func (t rampText) cells(s ramp.Step) []string {
	ms := func(v float64) string { return milliseconds(time.Duration(v * float64(time.Millisecond))) }
	return []string{
		plain(s.Rate), fmt.Sprintf("%.1f", float64(s.Requests.Succeeded)/s.Seconds),
		ms(s.P50), ms(s.Latency), ms(s.SendDelay), fmt.Sprintf("%.2f", 100*s.Lost), string(s.Verdict),
	}
}

func (t rampText) head() string {
	limit := seconds(t.limits.Latency)
	if t.limits.Latency == 0 {
		limit = plain(t.limits.Factor) + " times its value at low load"
	}
	var title, bounds, head draw.Line
	title.Add(draw.Strong, t.method()+" "+t.target.url())
	bounds.Addf(draw.Faint, "seed %d, up to %g per second and %s; slow: %s above %s", t.load.seed, t.limits.Max, seconds(t.limits.MaxTime), t.quantile(), limit)
	return t.text(title, bounds, draw.Line{}, *head.Add(draw.Faint, aligned(t.columns())))
}

func (t rampText) row(s ramp.Step) string {
	tone, known := map[ramp.Verdict]draw.Tone{ramp.Good: draw.Good, ramp.WarmUp: draw.Faint}[s.Verdict]
	if !known {
		tone = draw.Bad
	}
	var l draw.Line
	return t.text(*l.Add(tone, aligned(t.cells(s))))
}

// aligned puts numbers below each other, and the verdict after them.
func aligned(cells []string) string {
	var b strings.Builder
	last := len(cells) - 1
	for _, cell := range cells[:last] {
		fmt.Fprintf(&b, "%11s", cell)
	}
	return b.String() + "  " + cells[last]
}

func (t rampText) text(lines ...draw.Line) string {
	var b strings.Builder
	for _, l := range lines {
		b.WriteString(l.Text(t.style, 0) + "\n")
	}
	return b.String()
}

// foot returns the picture, the proposal and the warnings.
func (t rampText) foot(o ramp.Outcome, warnings []string) string {
	lines := slices.Concat([]draw.Line{{}}, t.plot(o), []draw.Line{{}})
	add := func(tone draw.Tone, text string) {
		var l draw.Line
		lines = append(lines, *l.Add(tone, text))
	}
	for _, sentence := range o.Sentences(t.wish) {
		add(draw.Strong, sentence)
	}
	for _, warning := range warnings {
		add(draw.Warning, "warning: "+warning)
	}
	return t.text(lines...)
}

// plot draws the latency over the rate, up to twice its limit: steps beyond that
// or with errors are as high as the picture.
func (t rampText) plot(o ramp.Outcome) []draw.Line {
	latencies := map[float64]float64{} // by rate; the better one if a rate was sent twice
	for _, s := range o.Steps {
		latency := min(s.Latency, 2*o.Limit)
		if s.Verdict == ramp.Lossy {
			latency = 2 * o.Limit
		}
		if before, twice := latencies[s.Rate]; twice {
			latency = min(latency, before)
		}
		latencies[s.Rate] = latency
	}
	var rates []float64
	for rate := range latencies {
		rates = append(rates, rate)
	}
	slices.Sort(rates)
	if len(rates) < 2 || o.Limit == 0 {
		return nil
	}
	return draw.Plot{
		Width: max(draw.MinWidth, min(t.width, maxPlanWidth)) - 1, Height: 14, Duration: span(rates[len(rates)-1]),
		Label: fmt.Sprintf("%s in ms over requests per second; dotted: the limit, %.4g ms", t.quantile(), o.Limit),
		Area: func(from, to float64) (float64, bool) {
			i, _ := slices.BinarySearch(rates, to)
			if i == 0 || i == len(rates) {
				i = min(i, len(rates)-1)
				return latencies[rates[i]], i > 0
			}
			a, b := rates[i-1], rates[i]
			return latencies[a] + (latencies[b]-latencies[a])*((from+to)/2-a)/(b-a), true
		},
		Line:  func(float64, float64) (float64, bool) { return o.Limit, true },
		Marks: []float64{o.Good, o.Bad}, Tick: draw.Rate,
	}.Lines(t.style)
}
