// SPDX-License-Identifier: Apache-2.0

package result

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/timeline"
)

// mergeTimelines returns the timelines of all documents as one that counts from
// the start of the merged run, nil when there is none.
func mergeTimelines(documents []*Document, start time.Time) (*timeline.Timeline, error) {
	var merged *timeline.Timeline
	for _, d := range documents {
		if d.Timeline == nil {
			continue
		}
		// Times of a timeline count from the start of the run it belongs to.
		line := moved(d.Timeline, d.Run.StartedAt.Sub(start))
		if merged == nil {
			merged = line
			continue
		}
		// One generator may have seen the period and another not. Should they
		// differ, none of their reaction times scatters by more than the longest.
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
