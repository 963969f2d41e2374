// SPDX-License-Identifier: Apache-2.0

package draw

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Curve returns the mean of a value over an interval of seconds, and false if
// it is unknown.
type Curve func(from, to float64) (mean float64, known bool)

// Plot is a picture of rates over time: an area of blocks, and a dotted line
// where the area does not cover it.
type Plot struct {
	Width, Height int // of everything, axes and their labels included
	Duration      time.Duration
	Area          Curve                       // may be nil
	Line          Curve                       // may be nil
	Marks         []float64                   // seconds to mark on the time axis
	Tick          func(second float64) string // label of the time axis, which may then stand for something else; nil for Clock
	Label         string                      // above the upper end of the vertical axis; may be empty
}

// MinWidth and MinHeight are what a Plot needs to show anything.
const (
	MinWidth  = 24
	MinHeight = 4
)

// Lines draws the plot. It returns nil if the plot is too small.
func (p Plot) Lines(style Style) []Line {
	if p.Width < MinWidth || p.Height < MinHeight || p.Duration <= 0 {
		return nil
	}
	// The labels' width depends on the highest value, which hardly depends on
	// that width: measure with an estimate first.
	_, _, top := p.measure(p.Width - 8)
	gutter := max(len(Rate(top)), len(Rate(top/2)), 4)
	columns := p.Width - gutter - 1
	area, line, top := p.measure(columns)
	rows := p.Height - 2
	if p.Label != "" {
		rows--
	}

	cells := newGrid(columns, rows)
	cells.fill(area, top, style)
	cells.trace(line, top, style)

	var lines []Line
	if p.Label != "" {
		var l Line
		lines = append(lines, *l.Add(Faint, strings.Repeat(" ", max(0, gutter-1))).Add(Faint, p.Label))
	}
	for y := range rows {
		var l Line
		switch {
		case y == 0:
			l.Addf(Faint, "%*s", gutter, Rate(top)).Add(Faint, style.pick("┤", "|"))
		case rows >= 6 && y == rows/2 && rows%2 == 0:
			l.Addf(Faint, "%*s", gutter, Rate(top/2)).Add(Faint, style.pick("┤", "|"))
		default:
			l.Addf(Faint, "%*s", gutter, "").Add(Faint, style.pick("│", "|"))
		}
		lines = append(lines, *l.Append(cells.row(y)))
	}
	return append(lines, p.axis(style, gutter, columns), p.times(gutter, columns))
}

// measure samples both curves, once and twice per column, and returns the upper
// end of the vertical axis.
func (p Plot) measure(columns int) (area, line []float64, top float64) {
	sample := func(c Curve, n int) []float64 {
		values := make([]float64, n)
		step := p.Duration.Seconds() / float64(n)
		for i := range values {
			values[i] = math.NaN()
			if c == nil {
				continue
			}
			if v, known := c(float64(i)*step, float64(i+1)*step); known {
				values[i] = v
				top = max(top, v)
			}
		}
		return values
	}
	area, line = sample(p.Area, columns), sample(p.Line, 2*columns)
	return area, line, roundUp(top)
}

func (p Plot) axis(style Style, gutter, columns int) Line {
	var l Line
	ticks := []rune(strings.Repeat(style.pick("─", "-"), columns))
	for _, at := range p.Marks {
		column := int(at / p.Duration.Seconds() * float64(columns))
		if column > 0 && column < columns {
			ticks[column] = []rune(style.pick("┬", "+"))[0]
		}
	}
	return *l.Addf(Faint, "%*s", gutter, "0").Add(Faint, style.pick("└", "+")).Add(Faint, string(ticks))
}

// times labels both ends of the time axis, its middle, and marks as far as
// there is room.
func (p Plot) times(gutter, columns int) Line {
	text := []rune(strings.Repeat(" ", gutter+1+columns))
	free := func(from, to int) bool {
		return from >= 0 && to <= len(text) && strings.TrimSpace(string(text[max(0, from-2):min(len(text), to+2)])) == ""
	}
	put := func(column int, label string) {
		from := gutter + 1 + column
		if free(from, from+len(label)) {
			copy(text[from:], []rune(label))
		}
	}
	tick := p.Tick
	if tick == nil {
		tick = func(second float64) string { return Clock(time.Duration(second * float64(time.Second))) }
	}
	end := tick(p.Duration.Seconds())
	put(0, tick(0))
	put(columns-len(end), end)
	for _, at := range p.Marks {
		put(int(at/p.Duration.Seconds()*float64(columns)), tick(at))
	}
	if len(p.Marks) == 0 {
		middle := tick(p.Duration.Seconds() / 2)
		put(columns/2-len(middle)/2, middle)
	}
	var l Line
	return *l.Add(Faint, strings.TrimRight(string(text), " "))
}

// roundUp returns the next number at or above v that reads well on an axis.
func roundUp(v float64) float64 {
	if v <= 0 || math.IsInf(v, 0) || math.IsNaN(v) {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, step := range []float64{1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8, 10} {
		if v <= step*power*(1+1e-9) {
			return step * power
		}
	}
	return 10 * power
}

// Rate formats a number of requests per second in about five characters at
// most.
func Rate(v float64) string {
	switch {
	case v >= 99_950:
		return strconv.FormatFloat(v/1000, 'f', 0, 64) + "k"
	case v >= 9_995:
		return strconv.FormatFloat(v/1000, 'f', 1, 64) + "k"
	case v >= 99.95:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case v >= 0.9995 || v == 0:
		return strings.TrimSuffix(strconv.FormatFloat(v, 'f', 1, 64), ".0")
	}
	return strconv.FormatFloat(v, 'g', 2, 64)
}

// FixedRate is Rate for numbers that change in place: one decimal up to 100.
func FixedRate(v float64) string {
	if v < 99.95 {
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return Rate(v)
}

// Clock formats a duration as minutes and seconds, hours if there are any, and
// tenths of a second below ten seconds.
func Clock(d time.Duration) string {
	if d < 10*time.Second && d%time.Second != 0 {
		return fmt.Sprintf("0:%04.1f", d.Truncate(100*time.Millisecond).Seconds())
	}
	s := int64(d.Round(time.Second) / time.Second)
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// eighths are blocks that fill a cell from the left, by eighths.
var eighths = []string{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"}

// Bar returns a bar of the given width of which a share, from 0 to 1, is full.
func Bar(style Style, share float64, width int, tone Tone) Line {
	var l Line
	share = min(max(share, 0), 1)
	if math.IsNaN(share) {
		share = 0
	}
	if !style.Unicode {
		full := int(math.Round(share * float64(width)))
		l.Add(tone, strings.Repeat("#", full))
		l.Add(Faint, strings.Repeat("-", width-full))
		return l
	}
	steps := int(math.Round(share * float64(width) * 8))
	filled := strings.Repeat("█", steps/8) + eighths[steps%8]
	l.Add(tone, filled)
	l.Add(Faint, strings.Repeat("·", width-(steps+7)/8))
	return l
}

// Gauge returns a bar with a mark at a share of it: a value against its target.
func Gauge(style Style, share, mark float64, width int, tone Tone) Line {
	at := min(int(mark*float64(width)), width-1)
	full := int(math.Round(min(max(share, 0), 1) * float64(width)))
	var l Line
	run := func(from, to int) {
		middle := min(max(full, from), to)
		l.Add(tone, strings.Repeat(style.pick("█", "#"), middle-from))
		l.Add(Faint, strings.Repeat(style.pick("·", "-"), to-middle))
	}
	run(0, at)
	l.Add(Strong, style.pick("┃", "|"))
	run(at+1, width)
	return l
}

// Pips returns one character for each of limit replicas: ready ones, wanted
// ones and those that are still allowed.
func Pips(style Style, ready, wanted, limit int) Line {
	var l Line
	ready, wanted = max(ready, 0), max(wanted, 0)
	l.Add(Good, strings.Repeat(style.pick("■", "#"), ready))
	l.Add(Warning, strings.Repeat(style.pick("□", "o"), max(0, wanted-ready)))
	l.Add(Faint, strings.Repeat(style.pick("·", "."), max(0, limit-max(ready, wanted))))
	return l
}
