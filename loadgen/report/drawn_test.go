// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/measure"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/result"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/timeline"
)

// axis converts pixels to values, by the tick labels.
type axis struct {
	at0, at1, v0, v1 float64
	log              bool
}

type tick struct {
	Text string  `json:"text"`
	At   float64 `json:"at"`
}

func newAxis(t *testing.T, ticks []tick, log bool, value func(string) float64) axis {
	t.Helper()
	if len(ticks) < 2 {
		t.Fatalf("ticks %v: two are needed to read an axis", ticks)
	}
	first, last := ticks[0], ticks[len(ticks)-1]
	a := axis{first.At, last.At, value(first.Text), value(last.Text), log}
	// All labels must be where the outer two imply.
	for _, tick := range ticks {
		if want := a.pixel(value(tick.Text)); math.Abs(want-tick.At) > 0.02 {
			t.Errorf("tick %q is at %g, the others say %g", tick.Text, tick.At, want)
		}
	}
	return a
}

func (a axis) scale(v float64) float64 {
	if a.log {
		return math.Log10(v)
	}
	return v
}

func (a axis) pixel(v float64) float64 {
	return a.at0 + (a.scale(v)-a.scale(a.v0))/(a.scale(a.v1)-a.scale(a.v0))*(a.at1-a.at0)
}

func (a axis) value(at float64) float64 {
	v := a.scale(a.v0) + (at-a.at0)/(a.at1-a.at0)*(a.scale(a.v1)-a.scale(a.v0))
	if a.log {
		return math.Pow(10, v)
	}
	return v
}

// plotted is a chart as it is in the page.
type plotted struct {
	X      []tick            `json:"x"`
	Y      []tick            `json:"y"`
	Paths  map[string]string `json:"paths"`
	Refs   map[string]float64
	Events []string `json:"events"`
	Width  float64  `json:"width"`
}

// chart reads the chart as drawn: paths, and tick labels with their positions.
// It uses none of the page's own numbers.
func (p *tab) chart(id string) plotted {
	p.Helper()
	return eval[plotted](p, fmt.Sprintf(`(() => {
		const svg = document.querySelector('#chart-%s .plot svg');
		const number = (node, name) => Number(node.getAttribute(name));
		const all = (selector, make) => [...svg.querySelectorAll(selector)].map(make);
		return {
			x: all('.x-tick', (n) => ({ text: n.textContent, at: number(n, 'x') })),
			y: all('.y-tick', (n) => ({ text: n.textContent, at: number(n, 'y') - 4 })),
			paths: Object.fromEntries(all('path[data-series]', (n) => [n.dataset.series, n.getAttribute('d')])),
			Refs: Object.fromEntries(all('[data-ref]', (n) => [n.dataset.ref, number(n.querySelector('line'), 'y1')])),
			events: all('.event', (n) => n.getAttribute('aria-label')),
			width: svg.viewBox.baseVal.width,
		};
	})()`, id))
}

func (p *tab) axes(c plotted, log bool) (x, y axis) {
	p.Helper()
	x = newAxis(p.T, c.X, false, func(text string) float64 { return seconds60(p.T, text) })
	y = newAxis(p.T, c.Y, log, func(text string) float64 {
		v, err := strconv.ParseFloat(strings.ReplaceAll(text, ",", ""), 64)
		if err != nil {
			p.Fatal(err)
		}
		return v
	})
	return x, y
}

// seconds60 reads 2:05 and 1:00:00.
func seconds60(t *testing.T, text string) float64 {
	t.Helper()
	sign, total := 1.0, 0.0
	if rest, negative := strings.CutPrefix(text, "−"); negative {
		sign, text = -1, rest
	}
	for part := range strings.SplitSeq(text, ":") {
		v, err := strconv.ParseFloat(part, 64)
		if err != nil {
			t.Fatalf("time %q: %v", text, err)
		}
		total = total*60 + v
	}
	return sign * total
}

type point struct{ x, y float64 }

// corner matches the path commands that the scripts write, all of them
// absolute.
var corner = regexp.MustCompile(`([MLHVZ])([-\d.]*)(?:,([-\d.]+))?`)

// corners returns the points of a path, one list for each of its parts.
func corners(t *testing.T, path string) (lines [][]point) {
	t.Helper()
	var at point
	for _, m := range corner.FindAllStringSubmatch(path, -1) {
		a, _ := strconv.ParseFloat(m[2], 64)
		b, _ := strconv.ParseFloat(m[3], 64)
		switch m[1] {
		case "M":
			lines = append(lines, nil)
			at = point{a, b}
		case "L":
			at = point{a, b}
		case "H":
			at.x = a
		case "V":
			at.y = a
		case "Z":
			continue
		}
		last := len(lines) - 1
		lines[last] = append(lines[last], at)
	}
	return lines
}

// wantLine requires that a line goes through exactly the given values: one per
// second, in its middle, NaN for none.
func (p *tab) wantLine(c plotted, log bool, series string, want []float64) {
	p.Helper()
	x, y := p.axes(c, log)
	path, found := c.Paths[series]
	if !found {
		p.Errorf("%s is not drawn, only %v", series, keys(c.Paths))
		return
	}
	got := map[int]float64{}
	for _, line := range corners(p.T, path) {
		for _, at := range line {
			second := x.value(at.x) - 0.5
			whole := math.Round(second)
			if math.Abs(second-whole)*math.Abs(x.pixel(1)-x.pixel(0)) > 0.02 {
				p.Errorf("%s has a point at %.3f s, which is not the middle of a second", series, second+0.5)
			}
			got[int(whole)] = at.y
		}
	}
	wanted := 0
	for second, v := range want {
		if math.IsNaN(v) {
			continue
		}
		wanted++
		at, drawn := got[second]
		if !drawn {
			p.Errorf("%s: second %d with %g is not drawn", series, second, v)
		} else if math.Abs(at-y.pixel(v)) > 0.02 {
			p.Errorf("%s: second %d is drawn as %g, want %g", series, second, y.value(at), v)
		}
		if p.Failed() {
			return
		}
	}
	if wanted == 0 || len(got) != wanted {
		p.Errorf("%s has %d points, want %d", series, len(got), wanted)
	}
}

// bars returns the lower and the upper end of each bar by its second.
func (p *tab) bars(c plotted, series string) map[int][2]float64 {
	p.Helper()
	x, y := p.axes(c, false)
	out := map[int][2]float64{}
	for _, bar := range corners(p.T, c.Paths[series]) {
		second := int(math.Floor(x.value((bar[0].x + bar[2].x) / 2)))
		if _, twice := out[second]; twice {
			p.Errorf("%s has two bars in second %d", series, second)
		}
		out[second] = [2]float64{y.value(bar[0].y), y.value(bar[1].y)}
	}
	return out
}

func keys[V any](m map[string]V) []string {
	var out []string
	for key := range m {
		out = append(out, key)
	}
	return out
}

func column(document *result.Document, of func(result.Second) float64) []float64 {
	out := make([]float64, len(document.Seconds))
	for i, second := range document.Seconds {
		out[i] = of(second)
	}
	return out
}

func quantileOf(q float64) func(result.Second) float64 {
	return func(second result.Second) float64 {
		if second.Latency.Count() == 0 {
			return math.NaN()
		}
		return float64(second.Latency.Quantile(q)) / 1e6
	}
}

func TestLoadIsDrawn(t *testing.T) {
	run := benchmark.document(t)
	p := open(t, desktop, run)
	c := p.chart("load")
	p.wantLine(c, false, "planned", column(run, func(s result.Second) float64 { return s.ExpectedRate }))
	p.wantLine(c, false, "offered", column(run, func(s result.Second) float64 { return float64(s.Offered) }))
	p.wantLine(c, false, "achieved", column(run, func(s result.Second) float64 { return float64(s.Completed) }))
	bars := p.bars(c, "dropped")
	for second, bar := range bars {
		if want := float64(run.Seconds[second].Dropped); math.Abs(bar[1]-want) > 0.05 || math.Abs(bar[0]) > 0.05 {
			t.Errorf("second %d drops from %g to %g, want 0 to %g", second, bar[0], bar[1], want)
		}
	}
	if len(bars) != 3 || len(c.Paths) != 4 {
		t.Errorf("%d bars and %d series, want 3 and 4", len(bars), len(c.Paths))
	}
}

func TestLatencyIsDrawn(t *testing.T) {
	run := benchmark.document(t)
	run.Seconds[100].Latency = measure.NewDistribution() // a second without any answer is a gap
	p := open(t, desktop, run)
	quantiles := map[string]float64{"p50": 0.5, "p90": 0.9, "p99": 0.99, "max": 1}
	for _, scale := range []string{"log", "linear"} {
		eval[any](p, fmt.Sprintf(`document.querySelector('#chart-latency [data-scale="%s"]').click(), 0`, scale))
		c := p.chart("latency")
		for name, q := range quantiles {
			p.wantLine(c, scale == "log", name, column(run, quantileOf(q)))
		}
		if lines := corners(t, c.Paths["p50"]); len(lines) != 2 {
			t.Errorf("%s: p50 is drawn in %d parts, want 2: the gap is bridged or torn", scale, len(lines))
		}
		if len(c.Paths) != 4 {
			t.Errorf("%s: %d series, want 4", scale, len(c.Paths))
		}
	}
}

func TestErrorsAreDrawn(t *testing.T) {
	run := benchmark.document(t)
	p := open(t, desktop, run)
	c := p.chart("problems")
	status, reset := p.bars(c, "problem-5xx"), p.bars(c, "problem-connection_reset")
	both := 0
	for i, second := range run.Seconds {
		bad, lost := float64(second.Classes["5xx"]), float64(second.Errors[measure.Reset])
		if bad > 0 != (status[i][1] > 0.01) || math.Abs(status[i][1]-bad) > 0.05 {
			t.Errorf("second %d: %g answers 5xx are drawn as %v", i, bad, status[i])
		}
		if lost > 0 && (math.Abs(reset[i][0]-bad) > 0.05 || math.Abs(reset[i][1]-bad-lost) > 0.05) {
			t.Errorf("second %d: %g resets on top of %g are drawn as %v", i, lost, bad, reset[i])
		}
		if bad > 0 && lost > 0 {
			both++
		}
	}
	if both == 0 || len(c.Paths) != 2 {
		t.Errorf("%d seconds with both kinds and %d series: want some, and 2", both, len(c.Paths))
	}
}

func TestNoErrorsAreSaidInWords(t *testing.T) {
	quiet := benchmark
	quiet.faults = false
	run := quiet.document(t)
	for _, documents := range [][]*result.Document{{run}, {run, run}} {
		p := open(t, desktop, documents...)
		wantNoErrors(t, p)
	}
}

func wantNoErrors(t *testing.T, p *tab) {
	t.Helper()
	if text := eval[string](p, `document.querySelector('#chart-problems .note').innerText`); !strings.HasPrefix(text, "None") {
		t.Errorf("the note is %q", text)
	}
	if shown := eval[bool](p, `document.querySelector('#chart-problems .plot').checkVisibility()`); shown {
		t.Error("an empty chart is shown")
	}
	if names := eval[int](p, `document.querySelectorAll('#chart-problems .key').length`); names != 0 {
		t.Errorf("the empty chart names %d kinds", names)
	}
}

// wantSteps requires that a line is level between a sample and the next one, at
// the value of the sample, NaN for none. It returns the levels that occur.
func (p *tab) wantSteps(chart, series string, samples []timeline.Sample, value func(i int) float64) map[float64]bool {
	p.Helper()
	c := p.chart(chart)
	x, y := p.axes(c, false)
	steps := corners(p.T, c.Paths[series])
	levels := map[float64]bool{}
	for i, sample := range samples[:len(samples)-1] {
		middle := x.pixel((sample.T + samples[i+1].T) / 2)
		got := math.NaN()
		for _, line := range steps {
			for k := 1; k < len(line); k++ {
				if line[k-1].x <= middle && middle < line[k].x && line[k-1].y == line[k].y {
					got = y.value(line[k].y)
				}
			}
		}
		want := value(i)
		if math.IsNaN(want) != math.IsNaN(got) || math.Abs(want-got) > 0.02 {
			p.Errorf("%s is %g after %g s, want %g", series, got, sample.T, want)
		}
		levels[want] = true
	}
	return levels
}

// At zero the line is on the axis, and the metric, which no pod has, is a gap.
func TestZeroIsDrawn(t *testing.T) {
	run := asleep.document(t)
	p := open(t, desktop, run)
	samples := run.Timeline.Samples
	levels := p.wantSteps("replicas", "ready", samples, func(i int) float64 { return float64(samples[i].Ready) })
	p.wantSteps("replicas", "desired", samples, func(i int) float64 { return float64(samples[i].Wanted()) })
	p.wantSteps("metric", "metric", samples, func(i int) float64 {
		if samples[i].Metric == nil {
			return math.NaN()
		}
		return *samples[i].Metric
	})
	if len(levels) != 3 || !levels[0] {
		t.Errorf("levels %v, want 0, 1 and 2", levels)
	}
	wantNoErrors(t, p)
}

func TestClusterIsDrawn(t *testing.T) {
	run := benchmark.document(t)
	p := open(t, desktop, run)
	for _, of := range []struct {
		chart, series string
		value         func(i int) float64
	}{
		{"replicas", "ready", func(i int) float64 { return float64(run.Timeline.Samples[i].Ready) }},
		{"replicas", "desired", func(i int) float64 { return float64(run.Timeline.Samples[i].Desired) }},
		{"metric", "metric", func(i int) float64 {
			if run.Timeline.Samples[i].Metric == nil {
				return math.NaN()
			}
			return *run.Timeline.Samples[i].Metric
		}},
	} {
		levels := p.wantSteps(of.chart, of.series, run.Timeline.Samples, of.value)
		if len(levels) < 3 {
			t.Errorf("%s has only the levels %v: this run shows nothing", of.series, levels)
		}
	}
	metric := p.chart("metric")
	_, y := p.axes(metric, false)
	if got := y.value(metric.Refs["target"]); math.Abs(got-10) > 0.05 {
		t.Errorf("the target line is at %g, want 10", got)
	}
	replicas := p.chart("replicas")
	_, y = p.axes(replicas, false)
	if got := y.value(replicas.Refs["max"]); math.Abs(got-5) > 0.01 {
		t.Errorf("the limit is drawn at %g, want 5", got)
	}
	// All charts have the same time axis.
	first := p.chart("load").X
	for _, id := range []string{"latency", "problems", "metric", "replicas", "events"} {
		if got := p.chart(id).X; fmt.Sprint(got) != fmt.Sprint(first) {
			t.Errorf("the time axis of %s is %v, that of the load %v", id, got, first)
		}
	}
}

func TestEventsAreMarked(t *testing.T) {
	run := benchmark.document(t)
	p := open(t, desktop, run)
	c := p.chart("events")
	if len(c.Events) != len(run.Timeline.Events) || len(c.Events) < 8 {
		t.Fatalf("%d marks, want %d", len(c.Events), len(run.Timeline.Events))
	}
	for i, event := range run.Timeline.Events {
		if !strings.Contains(c.Events[i], event.Reason+": "+event.Message) || !strings.HasPrefix(c.Events[i], clock(event.T)) {
			t.Errorf("mark %d says %q, want %s %s: %s", i, c.Events[i], clock(event.T), event.Reason, event.Message)
		}
	}
	x := newAxis(t, c.X, false, func(text string) float64 { return seconds60(t, text) })
	places := eval[[]float64](p, `[...document.querySelectorAll('#chart-events .event path')].map((n) => Number(n.getAttribute('d').match(/^M([-\d.]+)/)[1]))`)
	for i, at := range places {
		if math.Abs(at-x.pixel(run.Timeline.Events[i].T)) > 0.05 {
			t.Errorf("mark %d is at %g s, want %g", i, x.value(at), run.Timeline.Events[i].T)
		}
	}
	lines := eval[int](p, `document.querySelectorAll('#chart-replicas .event-line').length`)
	rescales := 0
	for _, event := range run.Timeline.Events {
		if event.Reason == "SuccessfulRescale" {
			rescales++
		}
	}
	if lines != rescales {
		t.Errorf("%d lines across the replicas, want one for each of %d rescales", lines, rescales)
	}
}

func TestWithoutClusterItsChartsAreLeftOut(t *testing.T) {
	alone := benchmark
	alone.cluster = false
	p := open(t, desktop, alone.document(t))
	if got := eval[[]string](p, `[...document.querySelectorAll('.chart')].map((n) => n.id)`); fmt.Sprint(got) != "[chart-load chart-latency chart-problems]" {
		t.Errorf("charts %v", got)
	}
	if text := eval[string](p, `document.querySelector('.absent').innerText`); !strings.Contains(text, "KUBECONFIG") {
		t.Errorf("nothing says how to get the rest: %q", text)
	}
}

func TestCompareDrawsBoth(t *testing.T) {
	a := benchmark.document(t)
	other := benchmark
	other.seed, other.median = 7, 2.5
	b := other.document(t)
	p := open(t, desktop, a, b)
	for label, run := range map[string]*result.Document{"A": a, "B": b} {
		p.wantLine(p.chart("load"), false, "achieved-"+label, column(run, func(s result.Second) float64 { return float64(s.Completed) }))
		p.wantLine(p.chart("latency"), true, "p50-"+label, column(run, quantileOf(0.5)))
		p.wantLine(p.chart("latency"), true, "p99-"+label, column(run, quantileOf(0.99)))
		if p.chart("replicas").Paths["ready-"+label] == "" || p.chart("metric").Paths["metric-"+label] == "" {
			t.Errorf("the cluster of %s is not drawn", label)
		}
	}
	if got, want := len(p.chart("events").Events), len(a.Timeline.Events)+len(b.Timeline.Events); got != want {
		t.Errorf("%d marks, want %d", got, want)
	}
}

// A run of an hour has more seconds than there are pixels. The drawing must not
// grow with it, and extremes must not get lost.
func TestLongRunIsThinnedOut(t *testing.T) {
	long := synthetic{profile: "sine:mean=40,amplitude=30,period=900,duration=7200", seed: 3, median: 2, faults: true, cluster: true}
	run := long.document(t)
	p := open(t, desktop, run)
	c := p.chart("latency")
	x, y := p.axes(c, true)
	if got := strings.Count(c.Paths["max"], "L"); float64(got) > 4*c.Width {
		t.Errorf("%d points are drawn on %g pixels", got, c.Width)
	}
	highest, at := 0.0, 0
	for i, second := range run.Seconds {
		if v := quantileOf(1)(second); v > highest {
			highest, at = v, i
		}
	}
	top := point{y: math.Inf(1)}
	for _, line := range corners(t, c.Paths["max"]) {
		for _, corner := range line {
			if corner.y < top.y {
				top = corner
			}
		}
	}
	if math.Abs(x.value(top.x)-float64(at)-0.5) > 0.2 || math.Abs(y.value(top.y)/highest-1) > 0.005 {
		t.Errorf("the peak is drawn as %g at %g s, want %g at %d.5 s", y.value(top.y), x.value(top.x), highest, at)
	}
	drops := p.bars(p.chart("load"), "dropped")
	if len(drops) == 0 {
		t.Error("three seconds of drops in two hours are not visible")
	}
}
