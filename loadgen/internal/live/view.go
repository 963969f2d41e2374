// SPDX-License-Identifier: Apache-2.0

package live

import (
	"fmt"
	"strconv"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/internal/draw"
)

// Size is a terminal's, in characters.
type Size struct{ Columns, Rows int }

const (
	label       = 10 // columns of the labels on the left
	maxColumns  = 120
	maxPlotRows = 12
)

// Lines returns a frame for the state, at most size.Rows-1 lines, so that the
// cursor has a line below it, and none wider than size.Columns-1.
func Lines(s State, size Size, style draw.Style) []string {
	width := max(20, min(size.Columns-1, maxColumns))
	height := max(1, size.Rows-1)

	top := append(title(s, width), progress(s, width, style), draw.Line{})
	bottom := []draw.Line{{}}
	bottom = append(bottom, numbers(s)...)
	if s.Cluster != nil {
		bottom = append(bottom, draw.Line{})
		bottom = append(bottom, cluster(*s.Cluster, width, style)...)
	}
	room := height - len(top) - len(bottom)
	plot := draw.Plot{Width: width, Height: min(room, maxPlotRows), Duration: s.Duration, Area: s.History.Achieved, Line: s.Planned}
	lines := append(top, plot.Lines(style)...)
	if len(lines) == len(top) { // no room for a picture: leave out blank lines as well
		lines = append(filled(top), filled(bottom)...)
	} else {
		lines = append(lines, bottom...)
	}
	lines = lines[:min(len(lines), height)]

	texts := make([]string, len(lines))
	for i, l := range lines {
		texts[i] = l.Text(style, width)
	}
	return texts
}

func filled(lines []draw.Line) []draw.Line {
	var kept []draw.Line
	for _, l := range lines {
		if l.Width() > 0 {
			kept = append(kept, l)
		}
	}
	return kept
}

// title is the target and the profile, on two lines if one is too short.
func title(s State, width int) []draw.Line {
	var l draw.Line
	l.Add(draw.Strong, "loadgen").Add(draw.Plain, "  "+s.Target)
	profile := len([]rune(s.Profile))
	if profile == 0 {
		return []draw.Line{l}
	}
	if profile <= width-l.Width()-2 {
		l.Pad(width-profile).Add(draw.Faint, s.Profile)
		return []draw.Line{l}
	}
	var second draw.Line
	return []draw.Line{l, *second.Add(draw.Faint, s.Profile)}
}

func progress(s State, width int, style draw.Style) draw.Line {
	elapsed := min(s.Elapsed, s.Duration)
	share := 0.0
	if s.Duration > 0 {
		share = float64(elapsed) / float64(s.Duration)
	}
	var text draw.Line
	text.Addf(draw.Strong, " %3.0f%%", 100*share)
	switch {
	case s.Over:
		text.Addf(draw.Plain, "  over after %s of %s", draw.Clock(elapsed.Truncate(time.Second)), draw.Clock(s.Duration))
	case s.Ending != "":
		text.Add(draw.Warning, "  "+s.Ending)
	case s.Elapsed >= s.Duration:
		text.Addf(draw.Plain, "  %s, waiting for the last answers", draw.Clock(s.Duration))
	default:
		text.Addf(draw.Plain, "  %s of %s", draw.Clock(elapsed.Truncate(time.Second)), draw.Clock(s.Duration))
		text.Addf(draw.Faint, "  %s left", draw.Clock((s.Duration - elapsed).Round(time.Second)))
	}
	bar := draw.Bar(style, share, max(8, min(width-text.Width(), 60)), draw.Accent)
	return *bar.Append(text)
}

// numbers are the rows below the picture.
func numbers(s State) []draw.Line {
	lines := []draw.Line{rates(s), requests(s), *counts(heading("answers"), s.Classes)}
	if len(s.Errors) > 0 {
		lines = append(lines, *counts(heading("errors"), s.Errors))
	}
	return append(lines, latency("latency", "last second", s.Recent), latency("", "so far", s.Overall))
}

func heading(name string) *draw.Line {
	l := new(draw.Line)
	return l.Add(draw.Faint, name).Pad(label)
}

func rates(s State) draw.Line {
	l := heading("rate /s")
	value := func(name string, rate float64, tone draw.Tone) {
		l.Addf(draw.Faint, "%s ", name).Addf(tone, "%-7s", draw.FixedRate(rate)).Add(draw.Plain, "  ")
	}
	value("offered", s.OfferedRate, draw.Strong)
	value("achieved", s.AchievedRate, draw.Accent)
	if s.Planned != nil && s.Elapsed < s.Duration && s.Ending == "" {
		now := s.Elapsed.Seconds()
		if planned, known := s.Planned(max(0, now-smooth), max(now, 1e-3)); known {
			value("planned", planned, draw.Warning)
		}
	}
	return *l
}

func requests(s State) draw.Line {
	l := heading("requests")
	l.Add(draw.Faint, "sent ").Add(draw.Plain, grouped(s.Sent))
	l.Add(draw.Faint, "  failed ").Add(alarm(s.Failed), grouped(s.Failed))
	l.Add(draw.Faint, "  dropped ").Add(alarm(s.Dropped), grouped(s.Dropped))
	l.Add(draw.Faint, "  in flight ").Add(draw.Plain, grouped(s.InFlight))
	return *l
}

func alarm(count int64) draw.Tone {
	if count > 0 {
		return draw.Bad
	}
	return draw.Plain
}

// counts lists numbers by their names: classes of status, kinds of errors.
func counts(l *draw.Line, list []Count) *draw.Line {
	tones := map[string]draw.Tone{"1xx": draw.Warning, "2xx": draw.Good, "3xx": draw.Warning}
	for i, c := range list {
		if i > 0 {
			l.Add(draw.Plain, "  ")
		}
		tone, known := tones[c.Name]
		if !known {
			tone = draw.Bad
		}
		l.Add(draw.Faint, c.Name+" ").Add(tone, grouped(c.Number))
	}
	if len(list) == 0 {
		l.Add(draw.Faint, "none yet")
	}
	return l
}

func latency(name, when string, v Latency) draw.Line {
	l := heading(name)
	l.Addf(draw.Faint, "%-14s", when)
	if v.Count == 0 {
		l.Add(draw.Faint, "no answers")
		return *l
	}
	l.Add(draw.Faint, "p50 ").Addf(draw.Plain, "%-10s", Millis(v.P50))
	l.Add(draw.Faint, "p99 ").Add(draw.Strong, Millis(v.P99))
	return *l
}

func cluster(c Cluster, width int, style draw.Style) []draw.Line {
	limit := max(c.Max, c.Desired, c.Replicas)
	r := heading("replicas")
	if limit <= 20 {
		r.Append(draw.Pips(style, c.Ready, max(c.Desired, c.Replicas), limit)).Add(draw.Plain, "  ")
	}
	tone := draw.Good
	if c.Ready < c.Desired {
		tone = draw.Warning
	}
	r.Addf(tone, "%d", c.Ready).Add(draw.Faint, " ready, ").Addf(draw.Plain, "%d", c.Desired).Add(draw.Faint, " wanted")
	r.Addf(draw.Faint, ", %d to %d allowed", c.Min, c.Max)
	if room := width - r.Width() - 2; len(c.Name) <= room {
		r.Pad(width-len(c.Name)).Add(draw.Faint, c.Name)
	}

	m := heading("metric")
	switch {
	case c.Metric == nil && c.Replicas == 0: // where no value is expected
		m.Addf(draw.Faint, "none at 0 replicas, target %s per replica", draw.Rate(c.Target))
		return []draw.Line{*r, *m}
	case c.Metric == nil:
		m.Addf(draw.Faint, "no value yet, target %s per replica", draw.Rate(c.Target))
		return []draw.Line{*r, *m}
	}
	tone = draw.Good
	if *c.Metric > c.Target*1.1 { // the controller's tolerance
		tone = draw.Warning
	}
	// The target is in the middle, unless the value exceeds twice the target.
	scale := max(2*c.Target, *c.Metric, 1e-9)
	m.Append(draw.Gauge(style, *c.Metric/scale, c.Target/scale, max(10, min(width-label-34, 24)), tone))
	m.Add(draw.Plain, "  ").Add(tone, draw.Rate(*c.Metric)).Addf(draw.Faint, " of %s per replica", draw.Rate(c.Target))
	return []draw.Line{*r, *m}
}

// Millis formats a duration in milliseconds, or in seconds from 1 s.
func Millis(d time.Duration) string {
	ms := float64(d) / float64(time.Millisecond)
	switch {
	case ms >= 10_000:
		return fmt.Sprintf("%.1f s", ms/1000)
	case ms >= 1000:
		return fmt.Sprintf("%.2f s", ms/1000)
	case ms >= 100:
		return fmt.Sprintf("%.0f ms", ms)
	case ms >= 10:
		return fmt.Sprintf("%.1f ms", ms)
	}
	return fmt.Sprintf("%.2f ms", ms)
}

// grouped formats a count with a comma every three digits, and from a million
// in millions.
func grouped(n int64) string {
	if n >= 1_000_000 {
		return fmt.Sprintf("%.2fM", float64(n)/1e6)
	}
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
