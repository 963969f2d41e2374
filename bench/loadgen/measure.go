// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"time"
)

// plan says at which rates, and for how long, each part is measured.
type plan struct {
	Rounds         int           `json:"rounds"`
	Rates          []int         `json:"rates"`
	Run            time.Duration `json:"run"` // of one generator in one round
	ScheduleRate   int           `json:"schedule_rate"`
	CapacityRun    time.Duration `json:"capacity_run"`
	CapacityFrom   int           `json:"capacity_from"`
	CapacityTo     int           `json:"capacity_to"`
	MemoryRate     int           `json:"memory_rate"`
	MemoryRun      time.Duration `json:"memory_run"`
	CrowdRate      int           `json:"crowd_rate"` // of the memory run with thousands in flight
	CrowdRun       time.Duration `json:"crowd_run"`
	LatencyRate    int           `json:"latency_rate"`
	LatencyRun     time.Duration `json:"latency_run"`
	LatencyWorkers int           `json:"latency_connections_of_wrk"`

	MaxStolen float64 `json:"most_stolen_share"` // of the processor, by the host, in any run of a round that counts
	Repeats   int     `json:"repeats"`           // of rounds that lost more, for each rate and for the percentiles; one for memory
}

func planFor(quick bool) plan {
	p := plan{
		Rounds: 3, Rates: []int{1000, 5000, 20_000}, Run: 3 * time.Second, ScheduleRate: 5000,
		CapacityRun: 2 * time.Second, CapacityFrom: 5000, CapacityTo: 200_000,
		MemoryRate: 20_000, MemoryRun: time.Minute, CrowdRate: 10_000, CrowdRun: 30 * time.Second,
		LatencyRate: 100, LatencyRun: 9 * time.Second, LatencyWorkers: 100,
		MaxStolen: 0.01, Repeats: 2,
	}
	if quick {
		p.Rounds, p.Rates, p.Run = 1, []int{1000, 5000}, time.Second
		p.CapacityRun, p.CapacityFrom, p.CapacityTo = 500*time.Millisecond, 2500, 10_000
		p.MemoryRate, p.MemoryRun, p.CrowdRate, p.CrowdRun = 5000, 4*time.Second, 3000, 3*time.Second
		p.LatencyRun, p.Repeats = 4*time.Second, 0
	}
	return p
}

// results is everything that was measured.
type results struct {
	Machine  machine        `json:"machine"`
	Plan     plan           `json:"plan"`
	Seconds  float64        `json:"took_seconds"`
	Load     []outcome      `json:"load"`     // at equal rates, and wrk as fast as possible
	Ratios   []ratios       `json:"ratios"`   // of requests per CPU-second
	Capacity map[string]int `json:"capacity"` // highest rate held
	Steps    []step         `json:"capacity_steps"`
	Memory   []memory       `json:"memory"`
	Latency  []outcome      `json:"latency"`
	Attempts []attempt      `json:"rounds"` // those that count, and those that do not
	Verdicts []verdict      `json:"verdicts"`
}

// ratios are loadgen's requests per CPU-second divided by those of others, at one
// rate.
type ratios struct {
	Rate   int                `json:"rate"`
	Others map[string]float64 `json:"others"`
}

// step is one attempt at a rate.
type step struct {
	Generator string `json:"generator"`
	Rate      int    `json:"rate"`
	Held      bool   `json:"held"`
	disturbance
}

// bench is a measurement in progress.
type bench struct {
	tools       tools
	plan        plan
	server      *server
	connections int // of wrk and hey
	log         io.Writer
}

func (b *bench) say(format string, args ...any) { fmt.Fprintf(b.log, format+"\n", args...) }

func measure(ctx context.Context, t tools, p plan, log io.Writer) (*results, error) {
	server, err := startServer(ctx, t)
	if err != nil {
		return nil, err
	}
	defer server.stop()
	b := &bench{tools: t, plan: p, server: server, connections: connections, log: log}
	r := &results{Plan: p, Capacity: make(map[string]int)}
	if r.Machine, err = thisMachine(ctx, t); err != nil {
		return nil, err
	}
	for _, part := range []func(context.Context, *results) error{b.load, b.capacity, b.memory, b.latency} {
		if err := part(ctx, r); err != nil {
			return nil, err
		}
	}
	for _, rate := range p.Rates {
		others := make(map[string]float64)
		for _, other := range []string{vegeta, hey, nethttp, fasthttp} {
			others[other] = ratio(r, other, rate)
		}
		r.Ratios = append(r.Ratios, ratios{rate, others})
	}
	r.Verdicts = judge(r)
	return r, nil
}
