// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"strconv"
	"time"
)

// memory is one long run.
type memory struct {
	Generator string        `json:"generator"`
	Rate      int           `json:"rate"`
	Run       time.Duration `json:"run"`
	InFlight  int           `json:"in_flight"` // on average, roughly
	Arrived   int64         `json:"arrived"`
	PeakMiB   float64       `json:"peak_mib"`
	EarlyMiB  float64       `json:"resident_after_a_sixth_mib"`
	LateMiB   float64       `json:"resident_at_the_end_mib"` // of the load, before results are written
	disturbance
}

// at describes the load.
func (m memory) at() string {
	text := fmt.Sprintf("%d/s for %.0f s", m.Rate, m.Run.Seconds())
	if m.InFlight > 0 {
		text += fmt.Sprintf(" with %d in flight", m.InFlight)
	}
	return text
}

// slowPath is answered after slowAnswer, see rivals/serve.go.
const (
	slowPath   = "lightwork"
	slowAnswer = 300 * time.Millisecond
)

// memory measures the resident memory over long runs: the complete command line of
// loadgen, vegeta, and loadgen again with thousands of requests in flight.
func (b *bench) memory(ctx context.Context, r *results) error {
	host, port := b.server.hostPort()
	p := b.plan
	command := func(rate int, run time.Duration, endpoint string) []string {
		profile := "constant:rate=" + strconv.Itoa(rate) + ",duration=" + strconv.FormatFloat(run.Seconds(), 'f', -1, 64)
		return []string{"run", "--profile", profile, "--cluster", "off", "--quiet", "--json", "--tolerate-errors", host, port, endpoint}
	}
	_, vegetaArgs := b.command(vegeta, "/heavywork", p.MemoryRate, p.MemoryRun)
	crowd := int(float64(p.CrowdRate) * slowAnswer.Seconds())
	for _, run := range []struct {
		memory
		program string
		args    []string
	}{
		{memory{Generator: loadgen, Rate: p.MemoryRate, Run: p.MemoryRun}, b.tools.loadgen, command(p.MemoryRate, p.MemoryRun, "heavywork")},
		{memory{Generator: vegeta, Rate: p.MemoryRate, Run: p.MemoryRun}, b.tools.rivals, vegetaArgs},
		{memory{Generator: loadgen, Rate: p.CrowdRate, Run: p.CrowdRun, InFlight: crowd}, b.tools.loadgen, command(p.CrowdRate, p.CrowdRun, slowPath)},
	} {
		repeats := min(1, p.Repeats)
		m, err := undisturbed(b, r, fmt.Sprintf("memory of %s at %s", run.Generator, run.at()), &repeats, func() (memory, attempt, error) {
			return b.memoryRun(ctx, run.memory, run.program, run.args)
		})
		if err != nil {
			return err
		}
		r.Memory = append(r.Memory, m)
	}
	return nil
}

func (b *bench) memoryRun(ctx context.Context, m memory, program string, args []string) (memory, attempt, error) {
	if _, err := b.server.control(ctx, "reset"); err != nil {
		return m, attempt{}, err
	}
	_, used, err := b.server.execute(ctx, program, args...)
	if err != nil {
		return m, attempt{}, err
	}
	arrivals, err := b.server.arrivals(ctx)
	if err != nil {
		return m, attempt{}, err
	}
	m.Arrived, m.PeakMiB, m.disturbance = int64(len(arrivals)), used.PeakMiB, used.disturbance
	if n := min(len(used.Resident), int(m.Run/sampleEvery)); n >= 6 {
		m.EarlyMiB, m.LateMiB = used.Resident[n/6], used.Resident[n-1]
	}
	b.say("memory at %s: %-8s peak %.1f MiB, %.1f after a sixth, %.1f at the end, stolen %.1f %%", m.at(), m.Generator, m.PeakMiB, m.EarlyMiB, m.LateMiB, 100*m.Stolen)
	return m, attempt{disturbance: used.disturbance}, nil
}
