// SPDX-License-Identifier: Apache-2.0

package main

import "cmp"

// attempt is a round, counted or not.
type attempt struct {
	Part    string `json:"part"`
	Counted bool   `json:"counted"`
	disturbance
	SendDelay float64 `json:"send_delay_p99_ms,omitempty"` // loadgen's
	Discarded any     `json:"discarded,omitempty"`         // what was measured, if it does not count
}

// undisturbed repeats a round when the host took more of the processor from one of
// its runs than the plan allows, as long as repeats are left. If that happens each
// time, the attempt that lost least counts: the choice does not depend on what was
// measured. All attempts are kept.
func undisturbed[T any](b *bench, r *results, part string, repeats *int, round func() (T, attempt, error)) (T, error) {
	var (
		counted T
		kept    = -1 // index of the attempt that counts
		values  []T
	)
	first := len(r.Attempts)
	for {
		got, a, err := round()
		if err != nil {
			return counted, err
		}
		a.Part = part
		r.Attempts, values = append(r.Attempts, a), append(values, got)
		if n := len(values) - 1; kept < 0 || a.Stolen < r.Attempts[first+kept].Stolen {
			kept = n
		}
		if r.Attempts[first+kept].Stolen <= b.plan.MaxStolen || *repeats == 0 {
			break
		}
		*repeats--
		b.say("%s: the host took %.1f %% of the processor: repeating", part, 100*a.Stolen)
	}
	for i := range values {
		if a := &r.Attempts[first+i]; i == kept {
			a.Counted, counted = true, values[i]
		} else {
			a.Discarded = values[i]
		}
	}
	return counted, nil
}

// worst summarizes the runs of a round: the most that one of them lost.
func worst(outcomes []outcome) attempt {
	var a attempt
	for _, o := range outcomes {
		a.Stolen, a.Others = max(a.Stolen, o.Stolen), max(a.Others, o.Others)
		if o.Generator == loadgen && len(o.SendDelay) == 2 {
			a.SendDelay = cmp.Or(a.SendDelay, o.SendDelay[1])
		}
	}
	return a
}
