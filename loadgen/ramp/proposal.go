// SPDX-License-Identifier: Apache-2.0

package ramp

import (
	"fmt"
	"math"
)

// Wish says what to propose for. Rates are in requests per second, of all pods
// together; 0 if unknown.
type Wish struct {
	Utilization float64 // the target, as a share of what a pod takes
	Usual       float64 // the rate to serve without scaling up
	Peak        float64 // the highest rate to serve
}

// Proposal holds the values to set. MinReplicas and MaxReplicas are 0 if the
// rate for them is unknown.
type Proposal struct {
	Target      float64 `json:"target_average_value"` // requests per second and pod
	LowerBound  bool    `json:"lower_bound"`          // a pod takes this rate, and perhaps more
	MinReplicas int     `json:"min_replicas,omitempty"`
	MaxReplicas int     `json:"max_replicas,omitempty"`
}

// Propose returns nil if no rate is known that one pod takes.
func (o *Outcome) Propose(w Wish) *Proposal {
	if o.Good == 0 {
		return nil
	}
	p := &Proposal{Target: significant(w.Utilization*o.Good*(1+1e-9), 2, math.Floor), LowerBound: !o.Found}
	replicas := func(rate float64) int { return int(math.Ceil(rate/p.Target - 1e-9)) } // 0 of 0
	p.MinReplicas, p.MaxReplicas = replicas(w.Usual), replicas(w.Peak)
	return p
}

// Sentences returns what one pod takes, and what to set.
func (o *Outcome) Sentences(w Wish) []string {
	p := o.Propose(w)
	if p == nil {
		return []string{"It is not known what one pod takes."}
	}
	takes := fmt.Sprintf("One pod takes %g requests per second; %g were too many.", o.Good, o.Bad)
	if !o.Found {
		takes = fmt.Sprintf("One pod takes at least %g requests per second: a lower bound.", o.Good)
	}
	formula := func(name, rate string, replicas int, given float64) string {
		if replicas == 0 {
			return fmt.Sprintf("%s = %s rate / %g, rounded up (--%[2]s-rate)", name, rate, p.Target)
		}
		return fmt.Sprintf("%s = %d, which is %g / %g rounded up", name, replicas, given, p.Target)
	}
	return []string{
		takes, fmt.Sprintf("target_average_value = %g, which is %g %% of %g", p.Target, 100*w.Utilization, o.Good),
		formula("min_replicas", "usual", p.MinReplicas, w.Usual), formula("max_replicas", "peak", p.MaxReplicas, w.Peak),
	}
}
