// SPDX-License-Identifier: Apache-2.0

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
	Desired  int      `json:"desired"`  // replicas the autoscaler wants
	Replicas int      `json:"replicas"` // pods the Deployment has, those that end not counted
	Ready    int      `json:"ready"`    // of them, pods that get requests
	Metric   *float64 `json:"metric"`   // average over the pods that have a value; nil when none has
}

// Event is an event of the autoscaler, its Deployment or one of its pods.
type Event struct {
	T       float64 `json:"t"`    // seconds since the start of the run; when it was received
	Type    string  `json:"type"` // Normal or Warning
	Reason  string  `json:"reason"`
	Object  string  `json:"object"` // kind and name, such as Pod/heavywork-6d5f9c7c8b-x2x8p
	Message string  `json:"message"`
}
