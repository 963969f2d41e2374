// SPDX-License-Identifier: Apache-2.0

package schedule

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/internal/invalid"
)

// Trace is a recorded rate: straight lines between points in time. After the
// last point, its rate stays. Two points at the same second are a jump. The
// zero value is not usable: use [NewTrace], [ReadTrace] or [ParseTrace].
type Trace struct {
	points []Point
	pieces pieces
}

// NewTrace returns the curve through the given points. The first one must be at
// second 0, and none may be before the previous one. The error lists every
// value out of range.
func NewTrace(points ...Point) (*Trace, error) {
	var problems invalid.Values
	if len(points) == 0 || len(points) > MaxPoints {
		problems.Add("points", strconv.Itoa(len(points))+" points", "must be from 1 to %d, for example 0:10/60:50", MaxPoints)
	}
	check := pointCheck{}
	for _, p := range points {
		if remedy := check.next(p); remedy != "" {
			problems.Add("points", number(p.Second)+":"+number(p.Rate), "%s", remedy)
		}
	}
	if err := problems.Err(); err != nil {
		return nil, err
	}
	t := &Trace{points: slices.Clone(points)}
	for i, p := range points[:len(points)-1] {
		if next := points[i+1]; next.Second > p.Second {
			t.pieces.add(p.Second, p.Rate, (next.Rate-p.Rate)/(next.Second-p.Second))
		}
	}
	last := points[len(points)-1]
	t.pieces.add(last.Second, last.Rate, 0)
	return t, nil
}

// Rate returns lambda(t) in requests per second.
func (t *Trace) Rate(at float64) float64 { return t.pieces.rate(at) }

// Cumulative returns Lambda(t).
func (t *Trace) Cumulative(at float64) float64 { return t.pieces.cumulative(at) }

// Inverse returns t with Lambda(t) = mass: a search for the line, then the root
// of a quadratic equation.
func (t *Trace) Inverse(mass float64) float64 { return t.pieces.inverse(mass) }

// Validate returns nil: NewTrace has validated the points.
func (t *Trace) Validate() error { return nil }

// Points returns the points of the trace.
func (t *Trace) Points() []Point { return slices.Clone(t.points) }

// Describe counts the points.
func (t *Trace) Describe(time.Duration) string { return fmt.Sprintf("%d points", len(t.points)) }

func (*Trace) kind() Kind {
	return Kind{Name: "trace", Curve: "straight lines through points", other: "file=load.csv; or points=0:10/60:50/90:50", read: readTrace}
}

func (t *Trace) list() (name, value string) {
	return "points", joined(t.points, func(p Point) string { return number(p.Second) + ":" + number(p.Rate) })
}

// Length returns the time of the last point.
func (t *Trace) Length() time.Duration {
	return secondsToDuration(t.points[len(t.points)-1].Second)
}

// pointCheck validates the points of a trace, one after the other.
type pointCheck struct {
	seen bool
	last float64
}

// next returns how to correct p, or "" if it is valid.
func (c *pointCheck) next(p Point) (remedy string) {
	first, last := !c.seen, c.last
	if finite(p.Second) {
		c.seen, c.last = true, max(c.last, p.Second)
	}
	switch {
	case !finite(p.Second) || p.Second < 0 || p.Second > MaxDuration.Seconds():
		return "the second must be a number from 0 to " + number(MaxDuration.Seconds())
	case first && p.Second != 0:
		return "the first second must be 0: subtract " + number(p.Second) + " from every second, or put a line for second 0 first"
	case p.Second < last:
		return "the second must not be before the previous one (" + number(last) + "): sort by time"
	case !finite(p.Rate) || p.Rate < 0 || p.Rate > MaxRate:
		return "the rate must be a number from 0 to " + number(MaxRate) + " requests per second"
	}
	return ""
}

func readTrace(a *arguments) Shape {
	a.alone = 0
	path, fromFile := a.value("file")
	text, inline := a.value("points")
	var (
		trace *Trace
		err   error
	)
	switch {
	case fromFile && inline:
		a.refuse("file", path, "and points exclude each other; remove one")
		return nil
	case fromFile && a.noFiles:
		a.refuse("file", path, "is not read here; write the points instead, as in points=0:10/60:50")
		return nil
	case fromFile:
		trace, err = ReadTrace(path)
	case inline:
		points := readPoints(a, text)
		if a.refused(parameterName(a.kind, "points")) {
			return nil
		}
		trace, err = NewTrace(points...)
	default:
		a.refuse("file", "", "is missing; add for example file=load.csv, with lines of second,rate")
		return nil
	}
	if err != nil {
		a.keep(err)
		return nil
	}
	return trace
}

func readPoints(a *arguments, text string) (points []Point) {
	for field := range strings.SplitSeq(text, "/") {
		second, rate, found := strings.Cut(field, ":")
		if !found {
			a.refuse("points", field, "is not written second:rate, as in 0:10/60:50")
			continue
		}
		points = append(points, Point{
			Second: a.parseNumber("points", strings.TrimSpace(second)),
			Rate:   a.parseNumber("points", strings.TrimSpace(rate)),
		})
	}
	return points
}
