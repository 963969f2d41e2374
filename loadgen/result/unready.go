// SPDX-License-Identifier: Apache-2.0

package result

import (
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/measure"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/schedule"
)

// Unready describes the requests that were due while no replica was ready:
// whatever scales a workload to zero holds them until one is.
type Unready struct {
	TotalSeconds float64               `json:"total_seconds"` // how long no replica was ready
	Offered      int64                 `json:"offered"`       // requests due meanwhile
	Latency      *measure.Distribution `json:"latency_ms"`    // of these
	Rest         *measure.Distribution `json:"rest_latency_ms"`
	Gaps         []Gap                 `json:"gaps"`
}

// Gap is one time in which no replica was ready.
type Gap struct {
	From       float64  `json:"from_seconds"`        // since the start of the run
	To         float64  `json:"to_seconds"`          // when one was ready, or the recording ended
	Offered    int64    `json:"offered"`             // requests due meanwhile
	ReadyAfter *float64 `json:"ready_after_seconds"` // from the first of these requests until To; nil without one, or if no replica became ready
}

// mostReplayed bounds the arrivals that are drawn again: a few seconds of work.
const mostReplayed = 100_000_000

// unready separates the requests that were due while no replica was ready from
// the others. When each was due follows from profile and seeds. Latencies are
// known per second; in a second in which a gap begins or ends, the longest ones
// are attributed to the gap. unready returns nil if there was no gap, or if the
// requests are not those of the profile, because a program sent them some other
// way.
func (d *Document) unready(shape schedule.Sequence) *Unready {
	if d.Timeline == nil || d.Requests.Offered > mostReplayed {
		return nil
	}
	u := &Unready{Latency: measure.NewDistribution(), Rest: measure.NewDistribution()}
	var first []float64 // when the first request in each gap was due
	for _, gap := range d.Timeline.Gaps() {
		u.TotalSeconds = milli(u.TotalSeconds + gap.To - gap.From)
		u.Gaps = append(u.Gaps, Gap{From: gap.From, To: gap.To})
		first = append(first, gap.To)
	}
	if len(u.Gaps) == 0 {
		return nil
	}
	due, within := make([]int64, len(d.Seconds)), make([]int64, len(d.Seconds))
	for _, part := range d.Run.Parts {
		arrivals, err := schedule.NewPoisson(shape.Scale(part.Scale), shape.Duration(), uint64(part.Seed))
		if err != nil {
			return nil
		}
		// As in Merge, seconds are shifted by whole seconds, the timeline exactly.
		later, offset := part.StartedAt.Sub(d.Run.StartedAt), wholeSeconds(d.Run.StartedAt, part.StartedAt)
		i := 0
		for at := range arrivals.Arrivals() {
			second, t := offset+int(at/time.Second), (later + at).Seconds()
			if d.Run.Interrupted && t >= d.Run.WindowSeconds {
				break
			}
			if second >= len(d.Seconds) || due[second] == d.Seconds[second].Offered {
				if d.endsIn(second) {
					break
				}
				return nil
			}
			due[second]++
			for i < len(u.Gaps) && t >= u.Gaps[i].To {
				i++
			}
			if i < len(u.Gaps) && t >= u.Gaps[i].From {
				within[second]++
				u.Gaps[i].Offered++
				first[i] = min(first[i], t)
			}
		}
	}
	for i, s := range d.Seconds {
		if due[i] != s.Offered && !d.endsIn(i) {
			return nil
		}
		u.Offered += within[i]
		switch within[i] {
		case 0:
			u.Rest.Merge(s.Latency)
		case due[i]:
			u.Latency.Merge(s.Latency)
		default:
			others, waiting := s.Latency.Split(s.Latency.Count() - within[i])
			u.Rest.Merge(others)
			u.Latency.Merge(waiting)
		}
	}
	for i, gap := range d.Timeline.Gaps() {
		if gap.Ended && u.Gaps[i].Offered > 0 {
			after := milli(gap.To - first[i])
			u.Gaps[i].ReadyAfter = &after
		}
	}
	return u
}

// endsIn reports whether the run was interrupted in that second, so that its
// last requests may not have been sent.
func (d *Document) endsIn(second int) bool {
	return d.Run.Interrupted && second == int(d.Run.WindowSeconds)
}
