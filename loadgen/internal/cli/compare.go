// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/internal/draw"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/report"
)

// runCompare shows what differs between two results, in the terminal and, if
// asked for, in an HTML file.
func runCompare(ctx context.Context, c console, args []string) error {
	f := newFlagSet()
	var (
		out    string
		asJSON bool
	)
	f.text("o", "must be a file to write, for example compare.html", &out)
	f.toggle("json", &asJSON)
	arguments, understood, help := f.parse(args)
	if help {
		return write(c.stdout, compareUsage())
	}
	if understood {
		exactly(2, "A.json B.json", arguments, &f.problems)
	}
	documents, err := c.readResults(ctx, arguments[:min(2, len(arguments))], &f.problems)
	if err != nil {
		return err
	}
	if out == "-" {
		f.refuse("o", "must be a file: the table goes to standard output")
	} else {
		checkEmit(&f.problems, "-o", out, arguments...)
	}
	if err := refuse("compare", f.problems); err != nil {
		return err
	}
	a, b := documents[0], documents[1]
	if out != "" {
		if err := c.emit(out, func(w io.Writer) error { return report.WriteCompare(w, a, b, repeatCommand) }); err != nil {
			return err
		}
	}
	differences := report.Compare(a, b)
	if asJSON {
		encoder := json.NewEncoder(c.stdout)
		encoder.SetIndent("", "  ")
		return encoder.Encode(differences)
	}
	return write(c.stdout, comparison(differences, arguments[0], arguments[1], c.style(c.stdout)))
}

// comparison is the table of a comparison: both values, their difference, and
// whether chance alone explains it.
func comparison(c report.Comparison, a, b string, style draw.Style) string {
	t := &differences{style: style}
	t.add().Add(draw.Strong, "A  ").Add(draw.Plain, a)
	t.add().Add(draw.Strong, "B  ").Add(draw.Plain, b)
	for _, caveat := range c.Caveats {
		t.add().Add(draw.Warning, caveat)
	}
	t.counts("requests", c.Requests)
	t.values("requests per second", c.Rates)
	t.latencies("milliseconds", c.Latency)
	t.counts("answers by status", c.Statuses)
	t.counts("errors by kind", c.Errors)
	t.counts("while no replica was ready", c.Unready)
	t.latencies("milliseconds of these", c.UnreadyLatency)
	t.values("autoscaler (times in s)", c.Reaction)
	var text strings.Builder
	for _, l := range t.lines {
		text.WriteString(l.Text(style, 0) + "\n")
	}
	return text.String()
}

// differences are the lines of that table.
type differences struct {
	style draw.Style
	lines []draw.Line
}

func (t *differences) add() *draw.Line {
	t.lines = append(t.lines, draw.Line{})
	return &t.lines[len(t.lines)-1]
}

const (
	nameColumn   = 34
	numberColumn = 9
)

func (t *differences) heading(name string) {
	t.add()
	l := t.add().Addf(draw.Strong, "%-*s", nameColumn, name)
	for _, column := range []string{"A", "B", "B - A", "chance"} {
		l.Addf(draw.Faint, "%*s", numberColumn, column)
	}
}

// row writes both values, if they are known, and how they differ.
func (t *differences) row(name string, a, b *float64, chance float64, verdict string) {
	l := t.add().Addf(draw.Plain, "  %-*s", nameColumn-2, name)
	number := func(v *float64, sign bool) {
		text := "-"
		if v != nil {
			text = figure(*v)
			if sign && *v > 0 {
				text = "+" + text
			}
		}
		l.Addf(draw.Plain, "%*s", numberColumn, text)
	}
	number(a, false)
	number(b, false)
	if a != nil && b != nil {
		difference := *b - *a
		number(&difference, true)
	} else {
		number(nil, false)
	}
	about := "+-"
	if t.style.Unicode {
		about = "±"
	}
	l.Addf(draw.Faint, "%*s", numberColumn, about+figure(chance))
	tone := draw.Faint
	if verdict == "differs" {
		tone = draw.Warning
	}
	l.Add(tone, "  "+verdict)
}

func (t *differences) counts(name string, counts []report.Count) {
	if len(counts) == 0 {
		return
	}
	t.heading(name)
	for _, n := range counts {
		a, b := float64(n.A), float64(n.B)
		t.row(n.Name, &a, &b, math.Floor(n.Chance), verdictOf(n.Differs(), a == b))
	}
}

func (t *differences) values(name string, values []report.Value) {
	if len(values) == 0 {
		return
	}
	t.heading(name)
	for _, v := range values {
		verdict := verdictOf(v.Differs(), v.A != nil && v.B != nil && *v.A == *v.B)
		switch {
		case v.A == nil && v.B == nil:
			verdict = "neither"
		case v.A == nil:
			verdict = "B only"
		case v.B == nil:
			verdict = "A only"
		}
		t.row(v.Name, v.A, v.B, v.Chance, verdict)
	}
}

func (t *differences) latencies(name string, latencies []report.Latency) {
	if len(latencies) == 0 {
		return
	}
	t.heading(name)
	for _, l := range latencies {
		verdict := verdictOf(l.Differs(), l.A != nil && l.B != nil && l.A.Value == l.B.Value)
		var a, b *float64
		if l.A != nil {
			a = &l.A.Value
		}
		if l.B != nil {
			b = &l.B.Value
		}
		if l.Few() {
			verdict = "too few"
		}
		t.row(l.Name, a, b, l.Chance(), verdict)
	}
}

func verdictOf(differs, equal bool) string {
	switch {
	case differs:
		return "differs"
	case equal:
		return "equal"
	}
	return "chance"
}

// figure writes a number with as many decimals as three digits need.
func figure(v float64) string {
	size := math.Abs(v)
	switch {
	case v == math.Trunc(v) && size < 1e9:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case size >= 100:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case size >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	case size >= 1:
		return strconv.FormatFloat(v, 'f', 2, 64)
	}
	return fmt.Sprintf("%.3f", v)
}
