// SPDX-License-Identifier: Apache-2.0

// Package result holds the outcome of a run: one [Document] for files, reports
// and comparisons, however many generators sent the load.
//
//	doc := result.New(r, result.Plan{Sequence: plan, Seed: 42, MaxInFlight: 4096, Timeout: 30 * time.Second}, nil)
//	err := doc.Write(file)
//
//	doc, err := result.Read(file)
//	whole, err := result.Merge(doc, other) // as if one generator had sent both loads
//	err = whole.WriteCSV(table)
//
// README.md in this folder explains every field of the JSON form with its unit;
// schema.json describes it to programs.
package result

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/measure"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/schedule"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/timeline"
)

// SchemaVersion is incremented when a field changes its meaning or is removed,
// but not when one is added.
const SchemaVersion = 2

// Document is the result of one run, or of several that were merged. New, Read
// and Merge return documents without nil maps and distributions.
type Document struct {
	SchemaVersion int                                      `json:"schema_version"`
	Run           Run                                      `json:"run"`
	Requests      measure.Counts                           `json:"requests"`
	Rates         Rates                                    `json:"rates_per_second"`
	Statuses      map[int]int64                            `json:"responses_by_status"`
	Errors        map[measure.ErrorKind]measure.ErrorCount `json:"errors_by_kind"`
	BytesSent     int64                                    `json:"bytes_sent"`
	BytesReceived int64                                    `json:"bytes_received"`

	Latency        *measure.Distribution `json:"latency_ms"`     // due to answered; all completed and all timed out requests
	SuccessLatency *measure.Distribution `json:"latency_2xx_ms"` // the same for 2xx answers alone
	SendDelay      *measure.Distribution `json:"send_delay_ms"`  // due to sent

	Seconds  []Second           `json:"seconds"`
	Timeline *timeline.Timeline `json:"timeline,omitempty"` // nil when no cluster was watched
	Unready  *Unready           `json:"unready,omitempty"`  // nil unless a replica was missing; it follows from the rest
}

// Run says what was planned, and how long it ran.
type Run struct {
	Target           string    `json:"target"`
	Host             string    `json:"host,omitempty"` // Host header, if it differs from that of the target
	StartedAt        time.Time `json:"started_at"`     // UTC, to the millisecond
	Interrupted      bool      `json:"interrupted"`
	Seed             Seed      `json:"seed"`              // of the first part
	DurationSeconds  float64   `json:"duration_seconds"`  // of the profile
	ExpectedRequests float64   `json:"expected_requests"` // mean of the process over the whole duration
	WindowSeconds    float64   `json:"window_seconds"`    // how long requests were offered
	ElapsedSeconds   float64   `json:"elapsed_seconds"`   // the window plus the wait for the last answers
	MaxInFlight      int       `json:"max_in_flight"`     // of all generators together
	TimeoutSeconds   float64   `json:"timeout_seconds"`
	LateAfterMS      float64   `json:"late_after_ms"`
	Generators       int       `json:"generators"`
	Parts            []Part    `json:"parts"` // one for each generator, by start and seed
	Profile          Profile   `json:"profile"`
}

// Part is the share of one generator. With the profile, it reproduces exactly
// what that generator was to send.
type Part struct {
	StartedAt time.Time `json:"started_at"`
	Seed      Seed      `json:"seed"`
	Scale     float64   `json:"scale"` // see schedule.Sequence.Scale

	IdleTimeoutSeconds float64 `json:"idle_timeout_seconds,omitempty"` // 0: unknown, the default
	NewConnections     bool    `json:"new_connections,omitempty"`
	InsecureSkipVerify bool    `json:"insecure_skip_verify,omitempty"` // any certificate was accepted
}

// Profile is a [schedule.Sequence] before scaling.
type Profile struct {
	Text     string    `json:"text"`  // schedule.Parse reads it
	Scale    float64   `json:"scale"` // the sum of all parts; every rate of the segments is multiplied by it
	Segments []Segment `json:"segments"`
}

// Segment is a [schedule.Segment].
type Segment struct {
	Profile         string             `json:"profile"` // kind, such as "ramp"
	DurationSeconds float64            `json:"duration_seconds"`
	Parameters      map[string]float64 `json:"parameters"`       // times in seconds
	Points          [][2]float64       `json:"points,omitempty"` // second and rate; of a trace and of a list of steps
}

// Rates are requests per second.
type Rates struct {
	Offered  float64 `json:"offered"`  // over the window
	Sent     float64 `json:"sent"`     // over the window
	Achieved float64 `json:"achieved"` // completed, over the elapsed time
}

// Second is one second of the run.
type Second struct {
	At           int     `json:"second"`        // since the start, from 0, without gaps
	ExpectedRate float64 `json:"expected_rate"` // mean rate of the profile in this second
	measure.Second
}

// Sequence returns the rate curve that all generators together were to send.
func (d *Document) Sequence() (schedule.Sequence, error) {
	sequence, err := d.Run.Profile.sequence()
	if err != nil {
		return schedule.Sequence{}, err
	}
	return sequence.Scale(d.Run.Profile.Scale), nil
}

// Seed is a seed of package schedule. In JSON it is a number up to 2^53 - 1,
// and a string of digits above that: jq, JavaScript and others would round it
// to a double (RFC 8259, 6).
type Seed uint64

const maxExactSeed = 1<<53 - 1

// MarshalJSON writes a number or a string.
func (s Seed) MarshalJSON() ([]byte, error) {
	digits := strconv.FormatUint(uint64(s), 10)
	if s > maxExactSeed {
		digits = `"` + digits + `"`
	}
	return []byte(digits), nil
}

// UnmarshalJSON reads both: older files have large numbers too.
func (s *Seed) UnmarshalJSON(text []byte) error {
	digits := string(text)
	if inner, quoted := strings.CutPrefix(digits, `"`); quoted {
		digits = strings.TrimSuffix(inner, `"`)
	}
	seed, err := strconv.ParseUint(digits, 10, 64)
	if err != nil {
		return fmt.Errorf("seed %s: must be a whole number from 0 to 18446744073709551615", text)
	}
	*s = Seed(seed)
	return nil
}
