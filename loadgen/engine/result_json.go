// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"encoding/json"
	"math"
	"time"
)

// MarshalJSON writes the stable form described in loadgen/README.md: units are
// part of the names, distributions are in milliseconds, counts are exact.
func (r *Result) MarshalJSON() ([]byte, error) {
	type rates struct {
		Offered  float64 `json:"offered"`
		Sent     float64 `json:"sent"`
		Achieved float64 `json:"achieved"`
	}
	return json.Marshal(struct {
		Target         string                   `json:"target"`
		StartedAt      time.Time                `json:"started_at"`
		Interrupted    bool                     `json:"interrupted"`
		WindowSeconds  float64                  `json:"window_seconds"`
		ElapsedSeconds float64                  `json:"elapsed_seconds"`
		Requests       Counts                   `json:"requests"`
		Rates          rates                    `json:"rates_per_second"`
		Statuses       map[int]int64            `json:"responses_by_status"`
		Errors         map[ErrorKind]ErrorCount `json:"errors_by_kind"`
		BytesReceived  int64                    `json:"bytes_received"`
		LateAfter      float64                  `json:"late_after_ms"`
		Latency        *Distribution            `json:"latency_ms"`
		SuccessLatency *Distribution            `json:"latency_2xx_ms"`
		SendDelay      *Distribution            `json:"send_delay_ms"`
	}{
		Target:         r.Target,
		StartedAt:      r.StartedAt.UTC().Truncate(time.Millisecond),
		Interrupted:    r.Interrupted,
		WindowSeconds:  round3(r.Window.Seconds()),
		ElapsedSeconds: round3(r.Elapsed.Seconds()),
		Requests:       r.Counts,
		Rates:          rates{round3(r.OfferedRate()), round3(r.SentRate()), round3(r.AchievedRate())},
		Statuses:       r.Statuses,
		Errors:         r.Errors,
		BytesReceived:  r.BytesReceived,
		LateAfter:      float64(LateAfter) / float64(time.Millisecond),
		Latency:        r.Latency,
		SuccessLatency: r.SuccessLatency,
		SendDelay:      r.SendDelay,
	})
}

func round3(v float64) float64 { return math.Round(v*1000) / 1000 }
