// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"math"
	"strings"
	"text/tabwriter"
)

// row is one line of either table.
type row struct {
	heading                                           string
	name, a, b, difference, relative, chance, verdict string
	differs                                           bool
}

func (c Comparison) rows() []row {
	var rows []row
	heading := func(text string) { rows = append(rows, row{heading: text}) }
	countRows := func(title string, counts []Count) {
		if len(counts) == 0 {
			return
		}
		heading(title)
		for _, n := range counts {
			r := row{name: n.Name, a: grouped(n.A), b: grouped(n.B), difference: signed(float64(n.B-n.A), grouped(abs(n.B-n.A))), relative: relative(float64(n.A), float64(n.B)), chance: "± " + number(math.Floor(n.Chance))}
			r.verdict, r.differs = verdict(n.Differs(), n.A == n.B), n.Differs()
			rows = append(rows, r)
		}
	}
	valueRows := func(title string, values []Value) {
		if len(values) == 0 {
			return
		}
		heading(title)
		for _, v := range values {
			r := row{name: v.Name, a: optional(v.A, v.Unit), b: optional(v.B, v.Unit), difference: "–", relative: "–", chance: "± " + measured(v.Chance)}
			if v.Unit != "per second" {
				r.chance = "± " + optional(&v.Chance, v.Unit)
			}
			if v.A != nil && v.B != nil {
				by := math.Abs(*v.B - *v.A)
				r.difference, r.relative = signed(*v.B-*v.A, optional(&by, v.Unit)), relative(*v.A, *v.B)
			}
			r.verdict, r.differs = verdict(v.Differs(), v.A == nil && v.B == nil || v.A != nil && v.B != nil && *v.A == *v.B), v.Differs()
			if v.A == nil && v.B == nil {
				r.verdict = "not seen in either"
			}
			rows = append(rows, r)
		}
	}
	latencyRows := func(title string, latencies []Latency) {
		if len(latencies) == 0 {
			return
		}
		heading(title)
		for _, l := range latencies {
			r := row{name: l.Name, a: "–", b: "–", difference: "–", relative: "–", chance: "± " + measured(l.Chance())}
			if l.A != nil {
				r.a = measured(l.A.Value)
			}
			if l.B != nil {
				r.b = measured(l.B.Value)
			}
			equal := l.A == nil && l.B == nil
			if l.A != nil && l.B != nil {
				equal = l.A.Value == l.B.Value
				r.difference, r.relative = signed(l.B.Value-l.A.Value, measured(math.Abs(l.B.Value-l.A.Value))), relative(l.A.Value, l.B.Value)
			}
			r.verdict, r.differs = verdict(l.Differs(), equal), l.Differs()
			if l.Few() && !equal {
				r.chance, r.verdict = "–", "too few to tell"
			}
			rows = append(rows, r)
		}
	}
	countRows("Requests", c.Requests)
	valueRows("Rates, requests per second", c.Rates)
	latencyRows("Latency, milliseconds", c.Latency)
	countRows("Answers by status", c.Statuses)
	countRows("Errors by kind", c.Errors)
	countRows("While no replica was ready", c.Unready)
	latencyRows("Latency of these, milliseconds", c.UnreadyLatency)
	valueRows("Reaction of the autoscaler", c.Reaction)
	return rows
}

// String returns a table for a terminal.
func (c Comparison) String() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	for i, r := range c.rows() {
		if r.heading != "" {
			if i > 0 {
				fmt.Fprintln(w, "\t\t\t\t\t\t")
			}
			fmt.Fprintf(w, "%s\tA\tB\tB - A\trelative\tchance alone\t\n", r.heading)
			continue
		}
		fmt.Fprintf(w, "  %s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.name, r.a, r.b, r.difference, r.relative, r.chance, r.verdict)
	}
	w.Flush()
	for _, caveat := range c.Caveats {
		fmt.Fprintf(&b, "\n%s", caveat)
	}
	if len(c.Caveats) > 0 {
		b.WriteByte('\n')
	}
	return b.String()
}

func verdict(differs, equal bool) string {
	switch {
	case differs:
		return "differs"
	case equal:
		return "equal"
	}
	return "within chance"
}

func optional(v *float64, unit string) string {
	if v == nil {
		return "–"
	}
	if unit == "s" {
		return seconds(*v)
	}
	if unit == "" {
		return number(*v)
	}
	return measured(*v)
}

func signed(v float64, text string) string {
	switch {
	case v > 0:
		return "+" + text
	case v < 0:
		return "−" + text
	}
	return "0"
}

func relative(a, b float64) string {
	if a == 0 || a == b {
		return "–"
	}
	share := 100 * (b - a) / a
	return signed(share, fmt.Sprintf("%.1f", math.Abs(share))) + " %"
}

func abs(n int64) int64 { return max(n, -n) }
