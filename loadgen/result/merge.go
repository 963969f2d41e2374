// SPDX-License-Identifier: Apache-2.0

package result

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/measure"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/timeline"
)

// ErrIncompatible is the error of [Merge] for documents that do not belong
// together.
var ErrIncompatible = errors.New("can't merge")

// Merge returns the sum of several documents: exactly what one generator that
// sent all of the load would have recorded. Counts and histograms are added,
// and so are seconds, after shifting each document by the whole seconds of the
// clock that it started after the first one; rates are recomputed over the time
// from the first start to the last end. The given documents are not changed.
//
// They must have the same target, Host header, profile, timeout and lateness
// limit. Scale and seed may differ, but two documents must not have both the
// same seed and the same start: that is one run given twice. Timelines must be
// of the same autoscaler, and are merged as well.
func Merge(documents ...*Document) (*Document, error) {
	if len(documents) == 0 {
		return nil, fmt.Errorf("%w: no documents given", ErrIncompatible)
	}
	documents = slices.Clone(documents)
	slices.SortStableFunc(documents, func(a, b *Document) int {
		return cmp.Or(a.Run.StartedAt.Compare(b.Run.StartedAt), cmp.Compare(a.Run.Seed, b.Run.Seed))
	})
	first := documents[0]
	for _, other := range documents[1:] {
		if err := compatible(first, other); err != nil {
			return nil, err
		}
	}
	shape, err := first.Run.Profile.sequence()
	if err != nil {
		return nil, err
	}

	merged := &Document{SchemaVersion: SchemaVersion, Run: first.Run}
	merged.Run.Parts, merged.Run.Interrupted, merged.Run.MaxInFlight = nil, false, 0
	merged.complete()
	for _, d := range documents {
		merged.add(d)
	}
	if err := merged.sortParts(); err != nil {
		return nil, err
	}
	merged.derive(shape)
	if merged.Timeline, err = mergeTimelines(documents, merged.Run.StartedAt); err != nil {
		return nil, err
	}
	merged.Unready = merged.unready(shape)
	return merged, nil
}

// compatible refuses documents whose sum would describe neither.
func compatible(a, b *Document) error {
	differ := func(what string, a, b any) error {
		return fmt.Errorf("%w: %s differs, %v and %v; merge results of generators that shared one load", ErrIncompatible, what, a, b)
	}
	switch x, y := a.Run, b.Run; {
	case a.SchemaVersion != b.SchemaVersion:
		return differ("schema_version", a.SchemaVersion, b.SchemaVersion)
	case x.Profile.Text != y.Profile.Text:
		return differ("the profile", x.Profile.Text, y.Profile.Text)
	case x.Target != y.Target:
		return differ("the target", x.Target, y.Target)
	case x.Host != y.Host:
		return differ("the Host header", x.Host, y.Host)
	case x.TimeoutSeconds != y.TimeoutSeconds:
		return differ("timeout_seconds", x.TimeoutSeconds, y.TimeoutSeconds)
	case x.LateAfterMS != y.LateAfterMS:
		return differ("late_after_ms", x.LateAfterMS, y.LateAfterMS)
	}
	return nil
}

// add adds everything that is a sum, and extends the run to the end of d. The
// documents come in order of their start.
func (m *Document) add(d *Document) {
	later := d.Run.StartedAt.Sub(m.Run.StartedAt).Seconds()
	m.Run.WindowSeconds = max(m.Run.WindowSeconds, milli(later+d.Run.WindowSeconds))
	m.Run.ElapsedSeconds = max(m.Run.ElapsedSeconds, milli(later+d.Run.ElapsedSeconds))
	m.Run.Interrupted = m.Run.Interrupted || d.Run.Interrupted
	m.Run.MaxInFlight += d.Run.MaxInFlight
	m.Run.Parts = append(m.Run.Parts, d.Run.Parts...)

	m.Requests.Add(d.Requests)
	for status, n := range d.Statuses {
		m.Statuses[status] += n
	}
	for kind, e := range d.Errors {
		sum := m.Errors[kind]
		m.Errors[kind] = measure.ErrorCount{Count: sum.Count + e.Count, Example: cmp.Or(sum.Example, e.Example)}
	}
	m.BytesSent += d.BytesSent
	m.BytesReceived += d.BytesReceived
	m.Latency.Merge(d.Latency)
	m.SuccessLatency.Merge(d.SuccessLatency)
	m.SendDelay.Merge(d.SendDelay)

	offset := wholeSeconds(m.Run.StartedAt, d.Run.StartedAt)
	for i, s := range d.Seconds {
		for len(m.Seconds) <= offset+i {
			m.Seconds = append(m.Seconds, Second{At: len(m.Seconds), Second: measure.NewSecond()})
		}
		m.Seconds[offset+i].Add(s.Second)
	}
}

// sortParts sorts the parts by their start and refuses duplicates.
func (m *Document) sortParts() error {
	slices.SortFunc(m.Run.Parts, func(a, b Part) int {
		return cmp.Or(a.StartedAt.Compare(b.StartedAt), cmp.Compare(a.Seed, b.Seed))
	})
	for i, p := range m.Run.Parts[1:] {
		if q := m.Run.Parts[i]; q.Seed == p.Seed && q.StartedAt.Equal(p.StartedAt) {
			return fmt.Errorf("%w: the run of seed %d that started at %s is there twice; give each result once",
				ErrIncompatible, p.Seed, p.StartedAt.Format(time.RFC3339Nano))
		}
	}
	return nil
}

// mergeTimelines merges the timelines of all documents into one that counts
// from the start of the merged run. It returns nil if there are none.
func mergeTimelines(documents []*Document, start time.Time) (*timeline.Timeline, error) {
	var merged *timeline.Timeline
	for _, d := range documents {
		if d.Timeline == nil {
			continue
		}
		// The times of a timeline count from the start of its own run.
		line := moved(d.Timeline, d.Run.StartedAt.Sub(start))
		if merged == nil {
			merged = line
			continue
		}
		// One generator may know the period and another not. If they differ,
		// the longest bounds the scatter of all reaction times.
		period := max(merged.SyncPeriod, line.SyncPeriod)
		merged.SyncPeriod, line.SyncPeriod = period, period
		if merged.Autoscaler != line.Autoscaler {
			return nil, fmt.Errorf("%w: the timelines are of different autoscalers, %+v and %+v; merge results of one cluster",
				ErrIncompatible, merged.Autoscaler, line.Autoscaler)
		}
		merged.Samples = append(merged.Samples, line.Samples...)
		merged.Events = append(merged.Events, line.Events...)
	}
	if merged == nil {
		return nil, nil
	}
	slices.SortStableFunc(merged.Samples, func(a, b timeline.Sample) int { return cmp.Compare(a.T, b.T) })
	merged.Samples = slices.CompactFunc(merged.Samples, sameSample)
	slices.SortStableFunc(merged.Events, func(a, b timeline.Event) int { return cmp.Compare(a.T, b.T) })
	merged.Events = slices.Compact(merged.Events)
	return merged, nil
}

func moved(line *timeline.Timeline, by time.Duration) *timeline.Timeline {
	out := *line
	out.StartedAt = line.StartedAt.Add(-by)
	out.Samples, out.Events = slices.Clone(line.Samples), slices.Clone(line.Events)
	if by == 0 {
		return &out
	}
	for i := range out.Samples {
		out.Samples[i].T = milli(out.Samples[i].T + by.Seconds())
	}
	for i := range out.Events {
		out.Events[i].T = milli(out.Events[i].T + by.Seconds())
	}
	return &out
}

func sameSample(a, b timeline.Sample) bool {
	if (a.Metric == nil) != (b.Metric == nil) || a.Metric != nil && *a.Metric != *b.Metric {
		return false
	}
	a.Metric, b.Metric = nil, nil
	return a == b
}
