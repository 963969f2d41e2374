// SPDX-License-Identifier: Apache-2.0

// Package timeline records what an autoscaler did while load was sent: the
// replicas it wanted, those that were there and ready, the metric it scales on,
// and the events that tell why.
//
//	found, err := timeline.Open(ctx, timeline.Options{})   // the only autoscaler on a metric of pods
//	recorder, err := timeline.Record(ctx, found)           // before the first request
//	...                                                    // the run
//	recorder.SetStart(result.StartedAt)
//	line := recorder.Stop()
//
// The API server reports each change to a watch, and a watch that breaks off,
// even because the API server restarts, is taken up again; what changed
// meanwhile is seen then, late. The metric is asked for once a second as well,
// since the autoscaler shows it only once in a sync period, which is 15 seconds
// by default. The period is read from the arguments of the controller manager's
// pod where there is one and these credentials may list pods in kube-system;
// Options.SyncPeriod names it for other clusters.
//
// Every time is the moment at which this process learned of a change, on its own
// monotonic clock, in seconds since the start of the run: one clock for all of
// it, that no other machine's clock and no adjustment can put out of step. The
// stamps in the objects are not used: events carry whole seconds only.
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

	// SyncPeriod is the time in seconds between two syncs of the controller that
	// moves the autoscaler; 0 when it is not known.
	SyncPeriod float64 `json:"sync_period_seconds,omitempty"`
}

// Sample is a state that held from its time on.
type Sample struct {
	T        float64  `json:"t"`        // seconds since the start of the run
	Desired  int      `json:"desired"`  // replicas the autoscaler wants; see Wanted for what that is at zero
	Replicas int      `json:"replicas"` // pods the Deployment has, those that end not counted
	Ready    int      `json:"ready"`    // of them, pods that get requests
	Metric   *float64 `json:"metric"`   // average over the pods that have a value; nil when none has
}

// Wanted is how many replicas are to be there: what the autoscaler wants, but at
// zero and just after. Kubernetes disables an autoscaler whose target has no
// replicas, and until its next sync it shows what it wanted before.
func (s Sample) Wanted() int {
	if s.Replicas == 0 && s.Ready == 0 {
		return 0
	}
	return max(s.Desired, 1)
}

// Gap is a time in which no replica was ready.
type Gap struct {
	From, To float64 // seconds since the start of the run
	Ended    bool    // at To one was ready; else the recording ends there
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
