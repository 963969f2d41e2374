// SPDX-License-Identifier: Apache-2.0

package result

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/measure"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/schedule"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/timeline"
)

// Plan is what a run was asked to do, which its [measure.Result] does not
// record.
type Plan struct {
	Sequence    schedule.Sequence // as it was sent: scaled, if this generator is one of several
	Seed        uint64
	MaxInFlight int
	Timeout     time.Duration

	// Zero values mean the defaults.
	IdleTimeout        time.Duration
	NewConnections     bool
	InsecureSkipVerify bool
}

// New returns the document of a run; line is nil when no cluster was watched.
// The document shares the distributions of r.
func New(r *measure.Result, plan Plan, line *timeline.Timeline) *Document {
	shape := plan.Sequence.Unscaled()
	started := r.StartedAt.UTC().Truncate(time.Millisecond)
	d := &Document{
		SchemaVersion: SchemaVersion,
		Run: Run{
			Target:          r.Target,
			Host:            r.Host,
			Interrupted:     r.Interrupted,
			DurationSeconds: plan.Sequence.Duration().Seconds(),
			WindowSeconds:   milli(r.Window.Seconds()),
			ElapsedSeconds:  milli(r.Elapsed.Seconds()),
			MaxInFlight:     plan.MaxInFlight,
			TimeoutSeconds:  plan.Timeout.Seconds(),
			LateAfterMS:     float64(measure.LateAfter) / float64(time.Millisecond),
			Parts:           []Part{plan.part(started)},
			Profile:         Profile{Text: shape.String(), Segments: segments(shape)},
		},
		Requests:       r.Counts,
		Statuses:       cloned(r.Statuses),
		Errors:         cloned(r.Errors),
		BytesSent:      r.BytesSent,
		BytesReceived:  r.BytesReceived,
		Latency:        distribution(r.Latency),
		SuccessLatency: distribution(r.SuccessLatency),
		SendDelay:      distribution(r.SendDelay),
		Timeline:       line,
	}
	offered := min(r.Window, plan.Sequence.Duration())
	d.Seconds = make([]Second, max(len(r.Seconds), int(math.Ceil(offered.Seconds()))))
	for i := range d.Seconds {
		s := &d.Seconds[i]
		s.At = i
		if i < len(r.Seconds) {
			s.Second = r.Seconds[i]
		}
		s.Classes, s.Errors, s.Latency = cloned(s.Classes), cloned(s.Errors), distribution(s.Latency)
	}
	d.derive(shape)
	d.Unready = d.unready(shape)
	return d
}

func (p Plan) part(started time.Time) Part {
	return Part{
		StartedAt: started, Seed: Seed(p.Seed), Scale: p.Sequence.Factor(),
		IdleTimeoutSeconds: p.IdleTimeout.Seconds(), NewConnections: p.NewConnections, InsecureSkipVerify: p.InsecureSkipVerify,
	}
}

func segments(sequence schedule.Sequence) []Segment {
	var list []Segment
	for _, s := range sequence.Segments() {
		segment := Segment{
			Profile:         s.Kind(),
			DurationSeconds: s.Duration.Seconds(),
			Parameters:      make(map[string]float64),
		}
		for _, p := range s.Parameters() {
			segment.Parameters[p.Name] = p.Value
		}
		for _, p := range s.Points() {
			segment.Points = append(segment.Points, [2]float64{p.Second, p.Rate})
		}
		list = append(list, segment)
	}
	return list
}

// derive computes everything that follows from the parts, the counts and the
// unscaled sequence.
func (d *Document) derive(shape schedule.Sequence) {
	run := &d.Run
	run.StartedAt, run.Seed, run.Generators = run.Parts[0].StartedAt, run.Parts[0].Seed, len(run.Parts)

	// The scales of generators that started in the same second are added first,
	// so that n parts of 1/n expect exactly what a single generator does.
	scales := make(map[int]float64)
	total := 0.0
	for _, p := range run.Parts {
		scales[wholeSeconds(run.StartedAt, p.StartedAt)] += p.Scale
		total += p.Scale
	}
	run.Profile.Scale = significant(total)
	run.ExpectedRequests = micro(shape.Expected() * run.Profile.Scale)
	expected := shape.ExpectedPerSecond()
	for i := range d.Seconds {
		rate := 0.0
		for _, offset := range slices.Sorted(maps.Keys(scales)) {
			if at := i - offset; at >= 0 && at < len(expected) {
				rate += expected[at] * significant(scales[offset])
			}
		}
		d.Seconds[i].ExpectedRate = micro(rate)
	}

	d.Rates = Rates{
		Offered:  perSecond(d.Requests.Offered, run.WindowSeconds),
		Sent:     perSecond(d.Requests.Sent, run.WindowSeconds),
		Achieved: perSecond(d.Requests.Completed, run.ElapsedSeconds),
	}
}

// wholeSeconds returns the difference of two times, each rounded to the whole
// second of the clock.
func wholeSeconds(from, to time.Time) int {
	return int(to.Round(time.Second).Sub(from.Round(time.Second)) / time.Second)
}

func perSecond(count int64, seconds float64) float64 {
	if seconds <= 0 {
		return 0
	}
	return milli(float64(count) / seconds)
}

func milli(v float64) float64 { return math.Round(v*1e3) / 1e3 }

func micro(v float64) float64 { return math.Round(v*1e6) / 1e6 }

// significant rounds to 12 digits, so that the sum of three thirds is 1.
func significant(v float64) float64 {
	if v == 0 {
		return 0
	}
	power := math.Pow(10, 11-math.Floor(math.Log10(math.Abs(v))))
	return math.Round(v*power) / power
}

// cloned never returns nil.
func cloned[K comparable, V any](m map[K]V) map[K]V {
	if m == nil {
		return make(map[K]V)
	}
	return maps.Clone(m)
}

// distribution never returns nil.
func distribution(d *measure.Distribution) *measure.Distribution {
	if d == nil {
		return measure.NewDistribution()
	}
	return d
}

// sequence parses the text form without opening any file: the document may come
// from an untrusted source.
func (p Profile) sequence() (schedule.Sequence, error) {
	sequence, err := schedule.Parser{NoFiles: true}.Parse(p.Text)
	if err != nil {
		return schedule.Sequence{}, fmt.Errorf("reading the profile of the run: %w", err)
	}
	return sequence, nil
}
