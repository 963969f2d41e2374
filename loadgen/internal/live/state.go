// SPDX-License-Identifier: Apache-2.0

// Package live shows a run while it lasts. A [State] says what there is to show,
// [Lines] makes a frame of it for a size and a style, and a [Screen] keeps the
// frame on a terminal up to date. Only the last one writes anything.
package live

import (
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/internal/draw"
)

// State is one moment of a run.
type State struct {
	Target  string
	Profile string // as a person reads it
	Planned draw.Curve

	Elapsed, Duration time.Duration
	Ending            string // why the run is ending early; empty while it goes on
	Over              bool   // nothing is in flight any more

	OfferedRate, AchievedRate float64 // over the last second
	History                   *History

	Offered, Sent, Dropped int64
	Completed, Succeeded   int64
	Failed, InFlight       int64

	Classes []Count // answers by class of status, "2xx" first
	Errors  []Count // failed requests by kind, the most frequent first

	Recent, Overall Latency

	Cluster *Cluster // nil if none is recorded
}

// Count is a number with its name.
type Count struct {
	Name   string
	Number int64
}

// Latency has two percentiles of the answers in an interval.
type Latency struct {
	Count    int64 // of answers
	P50, P99 time.Duration
}

// Cluster is the current state of the autoscaler.
type Cluster struct {
	Name                     string // namespace/name
	Desired, Replicas, Ready int    // all 0 of a workload that is scaled to zero
	Min, Max                 int
	Metric                   *float64 // nil while there is no value
	Target                   float64
}
