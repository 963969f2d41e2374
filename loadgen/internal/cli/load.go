// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/internal/draw"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/internal/invalid"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/schedule"
)

// loadFlags say what load to send: the decaying rate of --arrival-rate,
// --decay-rate and --duration, or the profiles of --profile, or a trace.
type loadFlags struct {
	profiles               []string
	trace                  string
	arrivalRate, decayRate float64
	duration               time.Duration
	seed                   uint64
}

// files returns the trace files to read.
func (l loadFlags) files() []string {
	files := []string{l.trace}
	for _, profile := range l.profiles {
		for _, parameter := range strings.FieldsFunc(profile, func(r rune) bool { return r == ';' || r == ',' }) {
			if _, file, found := strings.Cut(parameter, "file="); found {
				files = append(files, strings.TrimSpace(file))
			}
		}
	}
	return files
}

// load is the load that loadFlags describe.
type load struct {
	sequence schedule.Sequence
	arrivals *schedule.Poisson // nil unless everything is valid
	seed     uint64
}

func (f *flagSet) load(l *loadFlags) {
	*l = loadFlags{
		arrivalRate: schedule.DefaultArrivalRate,
		decayRate:   schedule.DefaultDecayRate,
		duration:    schedule.DefaultDuration,
		seed:        uint64(rand.Uint32()), // short enough to type again
	}
	f.value("profile", "must be a profile, for example ramp:from=1,to=50,duration=60 (loadgen help plan lists them)", func(s string) bool {
		l.profiles = append(l.profiles, s)
		return strings.TrimSpace(s) != ""
	})
	f.text("trace", "must be a CSV file of second and rate, for example load.csv", &l.trace)
	f.number("arrival-rate", "must be a number of requests per second, for example 20", &l.arrivalRate)
	f.number("decay-rate", "must be a number per second, for example 0.02", &l.decayRate)
	f.duration("duration", "must be seconds or a Go duration, for example 500 or 8m20s", nil, &l.duration)
	f.seed(&l.seed)
}

func (f *flagSet) seed(target *uint64) {
	f.value("seed", "must be a whole number from 0 to 18446744073709551615, for example 42", func(s string) bool {
		seed, err := strconv.ParseUint(s, 10, 64)
		if err == nil {
			*target = seed
		}
		return err == nil
	})
}

// plan makes the load, or adds the problems of its flags.
func (f *flagSet) plan(l loadFlags) load {
	f.conflicts()
	sequence, err := f.sequence(l)
	if err != nil {
		f.problems = append(f.problems, f.named(err)...)
		return load{seed: l.seed}
	}
	arrivals, err := schedule.NewPoisson(sequence, sequence.Duration(), l.seed)
	if err != nil {
		f.problems = append(f.problems, f.named(err)...)
		return load{seed: l.seed}
	}
	return load{sequence: sequence, arrivals: arrivals, seed: l.seed}
}

// conflicts refuses flags that contradict each other about the load.
func (f *flagSet) conflicts() {
	if f.given("profile") && f.given("trace") {
		f.refuse("trace", "excludes --profile: leave one out, or write --profile trace:file=%s among the others", f.typed["trace"])
	}
	for _, name := range []string{"arrival-rate", "decay-rate"} {
		for _, other := range []string{"profile", "trace"} {
			if f.given(name) && f.given(other) {
				f.refuse(name, "excludes --%s: leave one out; a decay is written --profile decay:arrival_rate=20,decay_rate=0.02,duration=500", other)
				break
			}
		}
	}
}

func (f *flagSet) sequence(l loadFlags) (schedule.Sequence, error) {
	var alone time.Duration // of a segment without a duration
	if f.given("duration") {
		alone = l.duration
		if (len(l.profiles) > 0 || l.trace != "") && (alone <= 0 || alone > schedule.MaxDuration) {
			f.refuse("duration", "must be above 0 and at most %s, for example 500s", schedule.MaxDuration)
			alone = 0
		}
	}
	switch {
	case len(l.profiles) > 0:
		sequence, err := schedule.Parser{Duration: alone}.Parse(strings.Join(l.profiles, ";"))
		if err == nil && alone > 0 && (len(sequence.Segments()) > 1 || sequence.Duration() != alone) {
			f.refuse("duration", "has no effect: the profile has durations of its own, which add up to %s", seconds(sequence.Duration()))
		}
		return sequence, err
	case l.trace != "":
		trace, err := schedule.ReadTrace(l.trace)
		if err != nil {
			return schedule.Sequence{}, err
		}
		if alone == 0 {
			alone = trace.Length()
		}
		return schedule.NewSequence(schedule.Segment{Profile: trace, Duration: alone})
	}
	decay := schedule.Decay{ArrivalRate: l.arrivalRate, DecayRate: l.decayRate}
	return schedule.NewSequence(schedule.Segment{Profile: decay, Duration: l.duration})
}

// named gives problems of a schedule the names and values of the flags that
// caused them.
func (f *flagSet) named(err error) invalid.Values {
	var list invalid.Values
	if !errors.As(err, &list) {
		list.Add("profile", "", "%v", err)
	}
	named := make(invalid.Values, len(list))
	for i, p := range list {
		// Without --profile, its parameters are flags: "profile decay:arrival_rate".
		_, parameter, found := strings.Cut(p.Name, ":")
		name := strings.ReplaceAll(parameter, "_", "-")
		if !found {
			name = p.Name
		}
		switch {
		case name == "duration" && f.given("duration"), !f.given("profile") && !f.given("trace") && f.flags.Lookup(name) != nil:
			p.Name, p.Given = "--"+name, f.typed[name]
		case f.given("trace") && !f.given("profile"):
			p.Name = "--trace " + p.Name
		default:
			p.Name = "--" + p.Name
		}
		named[i] = p
	}
	return named
}

// planned is the curve of a sequence's mean rate.
func planned(s schedule.Sequence) draw.Curve {
	end := s.Duration().Seconds()
	return func(from, to float64) (float64, bool) {
		to = min(to, end)
		if to <= from {
			return 0, false
		}
		return (s.Cumulative(to) - s.Cumulative(from)) / (to - from), true
	}
}
