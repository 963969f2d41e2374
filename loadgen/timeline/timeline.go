// SPDX-License-Identifier: Apache-2.0

// Package timeline records what an autoscaler did while load was sent: the
// replicas it wanted, those that existed and those that were ready, the metric
// it scales on, and the events that say why.
//
//	found, err := timeline.Open(ctx, timeline.Options{})   // the only autoscaler on a metric of pods
//	recorder, err := timeline.Record(ctx, found)           // before the first request
//	...                                                    // the run
//	recorder.SetStart(result.StartedAt)
//	line := recorder.Stop()
//
// The API server reports each change to a watch. A watch that breaks, even
// because the API server restarts, is resumed; changes in between are then seen
// late. The metric is also polled once a second, because the autoscaler shows
// it only once per sync period, which is 15 seconds by default. The period is
// read from the arguments of the controller manager's pod, if there is one and
// the credentials may list pods in kube-system; Options.SyncPeriod sets it for
// other clusters.
//
// Every time is when this process learned of a change, on its own monotonic
// clock, in seconds since the start of the run. So neither other machines'
// clocks nor clock adjustments matter. Timestamps in objects are not used,
// because events have whole seconds only.
//
// The credentials need get, list and watch on the autoscaler, list on
// autoscalers of all namespaces if the autoscaler is not named, get on its
// Deployment, and list and watch on pods and events in its namespace. Without
// get on the metric (pods/<name> of custom.metrics.k8s.io) the metric is what
// the autoscaler shows.
package timeline

import "time"

// Timeline is what was seen of one autoscaler during a run.
type Timeline struct {
	StartedAt time.Time `json:"started_at"` // of the run: second 0 of all times
	Autoscaler
	Samples []Sample `json:"samples"` // by time; each holds until the next one
	Events  []Event  `json:"events"`  // by time
}

// Autoscaler is a HorizontalPodAutoscaler with one metric of the type Pods.
type Autoscaler struct {
	Namespace   string  `json:"namespace"`
	HPA         string  `json:"hpa"`
	Deployment  string  `json:"deployment"` // what it scales
	Metric      string  `json:"metric"`
	Target      float64 `json:"target"` // of the metric, on average over the pods
	MinReplicas int     `json:"min_replicas"`
	MaxReplicas int     `json:"max_replicas"`

	// SyncPeriod is the time in seconds between two syncs of the autoscaler's
	// controller; 0 if unknown.
	SyncPeriod float64 `json:"sync_period_seconds,omitempty"`
}

// Sample is the state from its time until that of the next one.
type Sample struct {
	T        float64  `json:"t"`        // seconds since the start of the run
	Desired  int      `json:"desired"`  // replicas the autoscaler wants; see Wanted for what that is at zero
	Replicas int      `json:"replicas"` // pods of the Deployment, without terminating ones
	Ready    int      `json:"ready"`    // those of them that get requests
	Metric   *float64 `json:"metric"`   // average over the pods that have a value; nil when none has
}

// Wanted returns how many replicas are wanted: Desired, except at zero and just
// after. Kubernetes disables an autoscaler whose target has no replicas, and
// its status shows the old value until its next sync.
func (s Sample) Wanted() int {
	if s.Replicas == 0 && s.Ready == 0 {
		return 0
	}
	return max(s.Desired, 1)
}

// Gap is a time in which no replica was ready.
type Gap struct {
	From, To float64 // seconds since the start of the run
	Ended    bool    // a replica was ready at To; otherwise the recording ends there
}

// Gaps returns the times in which no replica was ready.
func (t Timeline) Gaps() []Gap {
	var gaps []Gap
	open := false
	for _, s := range t.Samples {
		last := len(gaps) - 1
		switch {
		case s.Ready == 0 && !open:
			gaps = append(gaps, Gap{From: s.T, To: s.T})
		case open:
			gaps[last].To, gaps[last].Ended = s.T, s.Ready > 0
		}
		open = s.Ready == 0
	}
	return gaps
}

// Event is an event of the autoscaler, its Deployment or one of its pods.
type Event struct {
	T       float64 `json:"t"`    // seconds since the start of the run; when it was received
	Type    string  `json:"type"` // Normal or Warning
	Reason  string  `json:"reason"`
	Object  string  `json:"object"` // kind and name, such as Pod/heavywork-6d5f9c7c8b-x2x8p
	Message string  `json:"message"`
}
