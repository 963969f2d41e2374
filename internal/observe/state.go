// SPDX-License-Identifier: Apache-2.0

// Package observe watches an autoscaled Deployment: it keeps every state that
// was seen, and waits for the state a test wants. Nothing here polls; the API
// server reports each change.
package observe

import (
	"fmt"
	"slices"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// State is what a Deployment, its autoscaler and its pods say at one moment.
type State struct {
	At      time.Time          // when this process learned of it; never before it was true
	Wanted  int32              // replicas the Deployment asks for
	Ready   int32              // replicas that answer requests
	Desired int32              // replicas the autoscaler wants
	Average *resource.Quantity // the metric's average per pod as the autoscaler saw it last; nil when it has none
	Blind   bool               // the autoscaler says that it cannot read its metric
	Pods    []string           // names of all pods, including terminating ones
}

// Equal reports whether two states are equal apart from their time.
func (s State) Equal(other State) bool {
	if (s.Average == nil) != (other.Average == nil) || s.Average != nil && s.Average.Cmp(*other.Average) != 0 {
		return false
	}
	if s.Blind != other.Blind {
		return false
	}
	return s.Wanted == other.Wanted && s.Ready == other.Ready && s.Desired == other.Desired && slices.Equal(s.Pods, other.Pods)
}

// String returns the state as one line of a log.
func (s State) String() string {
	average := "none"
	if s.Average != nil {
		average = s.Average.String()
	}
	if s.Blind {
		average += " (not readable)"
	}
	return fmt.Sprintf("replicas %d, ready %d, autoscaler wants %d, metric %s, pods [%s]",
		s.Wanted, s.Ready, s.Desired, average, strings.Join(s.Pods, " "))
}

// History is a sequence of states, oldest first.
type History []State

// MostWanted returns the highest number of replicas that the Deployment asked for or
// the autoscaler wanted.
func (h History) MostWanted() int32 {
	var most int32
	for _, s := range h {
		most = max(most, s.Wanted, s.Desired)
	}
	return most
}

// HighestAverage returns the highest average that the autoscaler saw, zero if it saw
// none.
func (h History) HighestAverage() resource.Quantity {
	var highest resource.Quantity
	for _, s := range h {
		if s.Average != nil && s.Average.Cmp(highest) > 0 {
			highest = *s.Average
		}
	}
	return highest
}

// First returns the first state that meets the condition.
func (h History) First(condition func(State) bool) (State, bool) {
	i := slices.IndexFunc(h, condition)
	if i < 0 {
		return State{}, false
	}
	return h[i], true
}

// String returns one line per state, each with the seconds since the first.
func (h History) String() string {
	var b strings.Builder
	for _, s := range h {
		fmt.Fprintf(&b, "%+7.1f s  %s\n", s.At.Sub(h[0].At).Seconds(), s)
	}
	return b.String()
}

// derive returns the state that the objects show; one that does not exist is nil.
func derive(d *appsv1.Deployment, h *autoscalingv2.HorizontalPodAutoscaler, pods []*corev1.Pod, metric string) State {
	var s State
	if d != nil {
		s.Wanted, s.Ready = 1, d.Status.ReadyReplicas
		if d.Spec.Replicas != nil {
			s.Wanted = *d.Spec.Replicas
		}
	}
	if h != nil {
		s.Desired = h.Status.DesiredReplicas
		for _, c := range h.Status.Conditions {
			// With zero replicas the autoscaler does not read its metric.
			s.Blind = s.Blind || c.Type == autoscalingv2.ScalingActive && c.Status == corev1.ConditionFalse && c.Reason != "ScalingDisabled"
		}
		for _, m := range h.Status.CurrentMetrics {
			if m.Type == autoscalingv2.PodsMetricSourceType && m.Pods != nil && m.Pods.Metric.Name == metric && m.Pods.Current.AverageValue != nil {
				average := m.Pods.Current.AverageValue.DeepCopy()
				s.Average = &average
			}
		}
	}
	for _, pod := range pods {
		s.Pods = append(s.Pods, pod.Name)
	}
	slices.Sort(s.Pods)
	return s
}
