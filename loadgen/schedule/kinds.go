// SPDX-License-Identifier: Apache-2.0

package schedule

import (
	"maps"
	"slices"
	"strings"
)

// kinds says how each kind of profile is made of its parameters. The functions
// get arguments from the parser, which keeps the problems.
func kinds() map[string]func(a *arguments) Shape {
	return map[string]func(a *arguments) Shape{
		"constant": func(a *arguments) Shape { return Constant{ArrivalRate: a.number("rate")} },
		"decay": func(a *arguments) Shape {
			return Decay{ArrivalRate: a.numberOr("arrival_rate", DefaultArrivalRate), DecayRate: a.numberOr("decay_rate", DefaultDecayRate)}
		},
		"ramp": func(a *arguments) Shape {
			return Ramp{From: a.number("from"), To: a.number("to"), Over: a.timeOr("over", a.duration())}
		},
		"step": func(a *arguments) Shape {
			if a.has("rates") {
				return a.steps()
			}
			return Step{From: a.number("from"), By: a.number("by"), Every: a.time("every")}
		},
		"spike": func(a *arguments) Shape {
			return Spike{Base: a.number("base"), Peak: a.number("peak"), At: a.time("at"), Width: a.time("width")}
		},
		"sine": func(a *arguments) Shape {
			return Sine{Mean: a.number("mean"), Amplitude: a.number("amplitude"), Period: a.time("period"), Phase: a.numberOr("phase", 0)}
		},
		"trace": func(a *arguments) Shape { return a.trace() },
	}
}

// Kinds returns the names of all profiles, sorted.
func Kinds() []string { return slices.Sorted(maps.Keys(kinds())) }

// steps reads the form of step that lists its rates.
func (a *arguments) steps() Shape {
	a.alone = 0
	text, _ := a.value("rates")
	var rates []float64
	for field := range strings.SplitSeq(text, "/") {
		rates = append(rates, a.parseNumber("rates", strings.TrimSpace(field)))
	}
	every := a.time("every")
	if len(a.problems) > 0 {
		return nil
	}
	steps, err := NewSteps(every, rates...)
	if err != nil {
		a.keep(err)
		return nil
	}
	return steps
}

func (a *arguments) trace() Shape {
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
		points := a.points(text)
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

func (a *arguments) points(text string) (points []Point) {
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
