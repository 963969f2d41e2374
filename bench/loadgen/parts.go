// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"math"
)

// load measures all generators at the same rates, one after the other in each round.
func (b *bench) load(ctx context.Context, r *results) error {
	for _, rate := range b.plan.Rates {
		repeats := b.plan.Repeats
		for round := range b.plan.Rounds {
			outcomes, err := undisturbed(b, r, fmt.Sprintf("%d/s, round %d", rate, round+1), &repeats, func() ([]outcome, attempt, error) {
				return b.loadRound(ctx, rate)
			})
			if err != nil {
				return err
			}
			r.Load = append(r.Load, outcomes...)
		}
	}
	for range b.plan.Rounds {
		o, err := b.runOnce(ctx, wrk, "/heavywork", 0, b.plan.Run)
		if err != nil {
			return err
		}
		o.Quantiles, o.arrivals = nil, nil
		b.say("as fast as possible: wrk %.0f/s, %.0f requests per CPU-second", o.Achieved, o.PerCPUSecond)
		r.Load = append(r.Load, o)
	}
	return nil
}

// loadRound measures each generator once.
func (b *bench) loadRound(ctx context.Context, rate int) (outcomes []outcome, _ attempt, _ error) {
	for _, generator := range []string{loadgen, vegeta, nethttp, fasthttp, hey} {
		o, err := b.runOnce(ctx, generator, "/heavywork", rate, b.plan.Run)
		if err != nil {
			return nil, attempt{}, err
		}
		if generator != hey {
			o.Deviation = deviations(o.arrivals, rate)
		}
		o.Quantiles, o.arrivals = nil, nil
		b.say("%6d/s: %-8s %7.0f requests per CPU-second, deviation %.2f ms, stolen %.1f %%", rate, generator, o.PerCPUSecond, o.Deviation, 100*o.Stolen)
		outcomes = append(outcomes, o)
	}
	return outcomes, worst(outcomes), nil
}

// capacity finds the highest rate held: it goes up by a quarter until a rate is not
// held twice, and then tries half the last step.
func (b *bench) capacity(ctx context.Context, r *results) error {
	for _, generator := range []string{loadgen, vegeta} {
		held := func(rate int) (bool, error) {
			for range 2 { // a single pause of the machine must not decide
				o, err := b.runOnce(ctx, generator, "/heavywork", rate, b.plan.CapacityRun)
				if err != nil {
					return false, err
				}
				ok := o.held(b.plan.CapacityRun)
				r.Steps = append(r.Steps, step{generator, rate, ok, o.disturbance})
				if ok {
					return true, nil
				}
			}
			return false, nil
		}
		low, step := 0, 1.25
		for rate := b.plan.CapacityFrom; rate <= b.plan.CapacityTo; rate = int(float64(rate) * step) {
			ok, err := held(rate)
			if err != nil {
				return err
			}
			b.say("highest rate: %-8s %6d/s held: %t", generator, rate, ok)
			if !ok {
				break
			}
			low = rate
		}
		if between := int(float64(low) * math.Sqrt(step)); low > 0 {
			ok, err := held(between)
			if err != nil {
				return err
			}
			if ok {
				low = between
			}
		}
		r.Capacity[generator] = low
	}
	return nil
}

// latency compares percentiles where nothing is a bottleneck: a server that answers
// after 0.8, 1.2 or 1.6 s.
func (b *bench) latency(ctx context.Context, r *results) error {
	b.connections = b.plan.LatencyWorkers
	defer func() { b.connections = connections }()
	repeats := b.plan.Repeats
	for round := range b.plan.Rounds {
		outcomes, err := undisturbed(b, r, fmt.Sprintf("percentiles, round %d", round+1), &repeats, func() (outcomes []outcome, _ attempt, _ error) {
			for _, generator := range []string{loadgen, vegeta, wrk} {
				o, err := b.runOnce(ctx, generator, waitPath, b.plan.LatencyRate, b.plan.LatencyRun)
				if err != nil {
					return nil, attempt{}, err
				}
				o.arrivals = nil
				b.say("latency at %d/s: %-8s %.3f ms, stolen %.1f %%", b.plan.LatencyRate, generator, o.Quantiles, 100*o.Stolen)
				outcomes = append(outcomes, o)
			}
			return outcomes, worst(outcomes), nil
		})
		if err != nil {
			return err
		}
		r.Latency = append(r.Latency, outcomes...)
	}
	return nil
}
