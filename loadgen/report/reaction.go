// SPDX-License-Identifier: Apache-2.0

package report

import (
	"math"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/result"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/timeline"
)

// Reaction is how the autoscaler reacted to a load. Times are in seconds; nil
// means not observed.
type Reaction struct {
	Before  int      `json:"replicas_before"`                // ready ones when the load began
	AtZero  bool     `json:"at_zero_before"`                 // there were none, and none was wanted
	Fewest  int      `json:"fewest_replicas_ready"`          // at any time since
	Desired *float64 `json:"first_extra_desired_seconds"`    // from the first request until one more was wanted
	Ready   *float64 `json:"first_extra_ready_seconds"`      // from the first request until one more was ready
	Most    int      `json:"most_replicas_ready"`            // at any time
	MostAt  *float64 `json:"most_replicas_ready_at_seconds"` // from the first request until that many were ready
	Back    *float64 `json:"back_after_load_seconds"`        // from the end of the load until no more were ready than before
}

// ReactionOf returns how the autoscaler reacted to a run, or nil without a
// timeline.
func ReactionOf(document *result.Document) *Reaction {
	line := document.Timeline
	if line == nil || len(line.Samples) == 0 {
		return nil
	}
	start := firstRequest(document)
	before := line.Samples[0]
	for _, sample := range line.Samples {
		if sample.T <= start {
			before = sample
		}
	}
	reaction := &Reaction{Before: before.Ready, Most: before.Ready, Fewest: before.Ready, AtZero: before.Wanted() == 0}
	if u := document.Unready; reaction.AtZero && u != nil && u.Gaps[0].From <= start && u.Gaps[0].ReadyAfter != nil {
		start = u.Gaps[0].To - *u.Gaps[0].ReadyAfter // the start of a second is too coarse here
	}
	since := func(origin float64, sample timeline.Sample) *float64 {
		v := math.Round(max(0, sample.T-origin)*10) / 10
		return &v
	}
	for _, sample := range line.Samples {
		if sample.T < start {
			continue
		}
		reaction.Fewest = min(reaction.Fewest, sample.Ready)
		if reaction.Desired == nil && sample.Wanted() > before.Wanted() {
			reaction.Desired = since(start, sample)
		}
		if reaction.Ready == nil && sample.Ready > before.Ready {
			reaction.Ready = since(start, sample)
		}
		if sample.Ready > reaction.Most {
			reaction.Most, reaction.MostAt = sample.Ready, since(start, sample)
		}
	}
	// The last time that replicas went back to their number before the load.
	end := document.Run.WindowSeconds
	for i := len(line.Samples) - 1; i > 0 && reaction.Most > before.Ready; i-- {
		sample := line.Samples[i]
		if sample.Ready > before.Ready {
			break
		}
		if sample.T >= end && line.Samples[i-1].Ready > before.Ready {
			reaction.Back = since(end, sample)
		}
	}
	return reaction
}

// firstRequest returns the second in which the first request was due.
func firstRequest(document *result.Document) float64 {
	for _, second := range document.Seconds {
		if second.Offered > 0 {
			return float64(second.At)
		}
	}
	return 0
}
