// SPDX-License-Identifier: Apache-2.0

package ramp

import (
	"fmt"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/measure"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/result"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/schedule"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/timeline"
)

// Document puts all steps on one time axis, as if they had been one run with
// pauses, which package report can draw. Steps must have started at whole
// seconds since the first one. plan.Sequence is not read; line may be nil.
func (o *Outcome) Document(plan result.Plan, line *timeline.Timeline) (*result.Document, error) {
	all := measure.Result{
		Statuses: map[int]int64{}, Errors: map[measure.ErrorKind]measure.ErrorCount{},
		Latency: measure.NewDistribution(), SuccessLatency: measure.NewDistribution(), SendDelay: measure.NewDistribution(),
	}
	var segments []schedule.Segment
	planned := time.Duration(0)
	for i, step := range o.Steps {
		r := step.Result
		if i == 0 {
			all.Target, all.Host, all.StartedAt = r.Target, r.Host, r.StartedAt
		}
		offset := r.StartedAt.Sub(all.StartedAt).Round(time.Second)
		if pause := offset - planned; pause > 0 {
			segments = append(segments, schedule.Segment{Profile: schedule.Constant{}, Duration: pause})
		}
		length := r.Window.Truncate(time.Second) // a step is planned in whole seconds, and never ends early
		segments = append(segments, schedule.Segment{Profile: schedule.Constant{ArrivalRate: step.Rate}, Duration: length})
		planned = offset + length

		all.Window, all.Elapsed = offset+r.Window, offset+r.Elapsed
		all.Counts.Add(r.Counts)
		for status, n := range r.Statuses {
			all.Statuses[status] += n
		}
		for kind, e := range r.Errors {
			all.Errors[kind] = measure.ErrorCount{Count: all.Errors[kind].Count + e.Count, Example: e.Example}
		}
		all.BytesSent += r.BytesSent
		all.BytesReceived += r.BytesReceived
		all.Latency.Merge(r.Latency)
		all.SuccessLatency.Merge(r.SuccessLatency)
		all.SendDelay.Merge(r.SendDelay)
		for i, second := range r.Seconds {
			at := int(offset/time.Second) + i
			for len(all.Seconds) <= at {
				all.Seconds = append(all.Seconds, measure.NewSecond())
			}
			all.Seconds[at].Add(second)
		}
	}
	var err error
	if plan.Sequence, err = schedule.NewSequence(segments...); err != nil {
		return nil, fmt.Errorf("putting the steps together: %w", err)
	}
	return result.New(&all, plan, line), nil
}
