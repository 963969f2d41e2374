// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/internal/draw"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/schedule"
)

// runPlan shows what run would send. It takes all flags and arguments of run,
// so that "plan" can be put in front of a command line of run.
func runPlan(_ context.Context, c console, args []string) error {
	f := newFlagSet()
	var (
		o      runOptions
		loaded loadFlags
	)
	runFlags(f, &o, &loaded)
	arguments, understood, help := f.parse(args)
	if help {
		return write(c.stdout, planUsage())
	}
	planned := f.plan(loaded)
	if understood && len(arguments) > 0 {
		parseTarget(arguments, &f.problems)
	}
	if err := refuse("plan", f.problems); err != nil {
		return err
	}
	if o.json {
		return writePlanJSON(c, planned)
	}
	return write(c.stdout, planText(planned, c.style(c.stdout), c.width(c.stdout)))
}

const maxPlanWidth = 120

// planText returns the picture, a table of the segments and the total.
func planText(l load, style draw.Style, width int) string {
	width = max(draw.MinWidth, min(width, maxPlanWidth)) - 1
	parts := partsOf(l.sequence)
	var lines []draw.Line
	var marks []float64
	for _, p := range parts[1:] {
		marks = append(marks, p.FromSecond)
	}
	lines = append(lines, draw.Plot{
		Width: width, Height: 16, Duration: l.sequence.Duration(), Label: "requests per second",
		Area: planned(l.sequence), Marks: marks,
	}.Lines(style)...)
	lines = append(lines, draw.Line{})
	lines = append(lines, planTable(parts, width)...)

	// The number of arrivals of a Poisson process has its mean as its variance.
	total := l.sequence.Expected()
	spread := 2 * math.Sqrt(total)
	var last draw.Line
	last.Addf(draw.Strong, "%.1f requests expected in %s", total, seconds(l.sequence.Duration()))
	var chance draw.Line
	chance.Addf(draw.Faint, "chance leaves 19 of 20 runs between %.0f and %.0f", max(0, total-spread), total+spread)
	lines = append(lines, draw.Line{}, last, chance)

	var b strings.Builder
	for _, line := range lines {
		b.WriteString(line.Text(style, 0) + "\n")
	}
	return b.String()
}

func planTable(parts []planPart, width int) []draw.Line {
	type column struct {
		name  string
		width int
		value func(planPart) string
	}
	columns := []column{
		{"from", 8, func(p planPart) string { return draw.Clock(span(p.FromSecond)) }},
		{"to", 8, func(p planPart) string { return draw.Clock(span(p.FromSecond + p.DurationSeconds)) }},
		{"mean/s", 8, func(p planPart) string { return draw.Rate(p.MeanRate) }},
		{"peak/s", 8, func(p planPart) string { return draw.Rate(p.PeakRate) }},
		{"requests", 10, func(p planPart) string { return fmt.Sprintf("%.1f", p.ExpectedRequests) }},
	}
	if width < 76 { // words matter more than what the picture shows
		columns = []column{columns[0], columns[4]}
	}
	room := width
	for _, c := range columns {
		room -= c.width
	}
	text := 0
	for _, p := range parts {
		text = max(text, len(p.text))
	}
	text = max(len("profile"), min(text, room))

	var head draw.Line
	head.Addf(draw.Strong, "%-*s", text, "profile")
	for _, c := range columns {
		head.Addf(draw.Faint, "%*s", c.width, c.name)
	}
	lines := []draw.Line{head}
	for _, p := range parts {
		description := p.text
		if len(description) > text {
			description = description[:text-1] + ">"
		}
		var l draw.Line
		l.Addf(draw.Plain, "%-*s", text, description)
		for _, c := range columns {
			l.Addf(draw.Plain, "%*s", c.width, c.value(p))
		}
		lines = append(lines, l)
	}
	return lines
}

func span(seconds float64) time.Duration { return time.Duration(seconds * float64(time.Second)) }

// planPart is what the plan says about one segment.
type planPart struct {
	Profile          string  `json:"profile"` // text form
	FromSecond       float64 `json:"from_second"`
	DurationSeconds  float64 `json:"duration_seconds"`
	StartRate        float64 `json:"start_rate"`
	EndRate          float64 `json:"end_rate"`
	MeanRate         float64 `json:"mean_rate"`
	PeakRate         float64 `json:"peak_rate"`
	ExpectedRequests float64 `json:"expected_requests"`

	text string
}

func partsOf(s schedule.Sequence) []planPart {
	var parts []planPart
	from := 0.0
	for _, segment := range s.Segments() {
		length := segment.Duration.Seconds()
		rate := func(t float64) float64 { return s.Factor() * segment.Profile.Rate(t) }
		p := planPart{
			Profile: segment.String(), FromSecond: from, DurationSeconds: length,
			StartRate: rate(0), EndRate: rate(length),
			ExpectedRequests: s.Cumulative(from+length) - s.Cumulative(from),
			text:             segment.Kind() + " " + segment.Describe(),
		}
		p.MeanRate = p.ExpectedRequests / length
		// Shapes are smooth or level except at their corners, which are points.
		const samples = 10_000
		for i := range samples {
			p.PeakRate = max(p.PeakRate, rate(length*float64(i)/samples))
		}
		for _, point := range segment.Points() {
			if point.Second < length {
				p.PeakRate = max(p.PeakRate, s.Factor()*point.Rate)
			}
		}
		parts = append(parts, p)
		from += length
	}
	return parts
}

func writePlanJSON(c console, l load) error {
	encoder := json.NewEncoder(c.stdout)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(struct {
		Profile           string     `json:"profile"`
		DurationSeconds   float64    `json:"duration_seconds"`
		ExpectedRequests  float64    `json:"expected_requests"`
		Segments          []planPart `json:"segments"`
		ExpectedPerSecond []float64  `json:"expected_requests_by_second"`
	}{l.sequence.String(), l.sequence.Duration().Seconds(), l.sequence.Expected(), partsOf(l.sequence), l.sequence.ExpectedPerSecond()}); err != nil {
		return fmt.Errorf("write the plan: %w", err)
	}
	return nil
}

// describeAll says what a sequence does, in one line.
func describeAll(s schedule.Sequence) string {
	var texts []string
	for _, segment := range s.Segments() {
		texts = append(texts, segment.Kind()+" "+segment.Describe()+", "+seconds(segment.Duration))
	}
	text := strings.Join(texts, "; ")
	if factor := s.Factor(); factor != 1 {
		text += " (times " + strconv.FormatFloat(factor, 'g', 4, 64) + ")"
	}
	return text
}

func plain(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// seconds formats a duration the way the flags take it, to the millisecond.
func seconds(d time.Duration) string {
	return plain(d.Round(time.Millisecond).Seconds()) + " s"
}
