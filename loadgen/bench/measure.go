// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"runtime"
	"strconv"
	"time"
)

// plan says how long what is measured.
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
	LatencyRate    int           `json:"latency_rate"`
	LatencyRun     time.Duration `json:"latency_run"`
	LatencyWorkers int           `json:"latency_connections_of_wrk"`
}

func planFor(quick bool) plan {
	p := plan{
		Rounds: 3, Rates: []int{1000, 5000, 20_000}, Run: 3 * time.Second, ScheduleRate: 5000,
		CapacityRun: 2 * time.Second, CapacityFrom: 5000, CapacityTo: 200_000,
		MemoryRate: 20_000, MemoryRun: time.Minute,
		LatencyRate: 200, LatencyRun: 5 * time.Second, LatencyWorkers: 7,
	}
	if quick {
		p.Rounds, p.Rates, p.Run = 1, []int{1000, 5000}, time.Second
		p.CapacityRun, p.CapacityFrom, p.CapacityTo = 500*time.Millisecond, 2500, 10_000
		p.MemoryRate, p.MemoryRun = 5000, 4*time.Second
		p.LatencyRun = 2 * time.Second
	}
	return p
}

// results is everything that was measured.
type results struct {
	Machine  machine          `json:"machine"`
	Plan     plan             `json:"plan"`
	Seconds  float64          `json:"took_seconds"`
	Load     []outcome        `json:"load"`     // at equal rates, and wrk as fast as it goes
	Ratios   []ratios         `json:"ratios"`   // of requests per CPU-second
	Capacity map[string]int   `json:"capacity"` // highest rate held
	Steps    map[string][]int `json:"capacity_steps"`
	Memory   []memory         `json:"memory"`
	Latency  []outcome        `json:"latency"`
	Verdicts []verdict        `json:"verdicts"`
}

// ratios are how many times as many requests per CPU-second loadgen has as
// others, at one rate.
type ratios struct {
	Rate   int                `json:"rate"`
	Others map[string]float64 `json:"others"`
}

// memory is one long run.
type memory struct {
	Generator string  `json:"generator"`
	Arrived   int64   `json:"arrived"`
	PeakMiB   float64 `json:"peak_mib"`
	EarlyMiB  float64 `json:"resident_after_a_sixth_mib"`
	LateMiB   float64 `json:"resident_at_the_end_mib"` // of the load, before results are written
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
	r := &results{Plan: p, Capacity: make(map[string]int), Steps: make(map[string][]int)}
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

// load measures everybody at the same rates, in turns.
func (b *bench) load(ctx context.Context, r *results) error {
	for _, rate := range b.plan.Rates {
		for round := range b.plan.Rounds {
			for _, generator := range []string{loadgen, vegeta, nethttp, fasthttp, hey} {
				o, err := b.runOnce(ctx, generator, "/heavywork", rate, b.plan.Run)
				if err != nil {
					return err
				}
				if generator != hey {
					o.Deviation = deviations(o.arrivals, rate)
				}
				o.Quantiles, o.arrivals = nil, nil
				b.say("%6d/s, round %d: %-8s %7.0f requests per CPU-second, deviation %.2f ms", rate, round+1, generator, o.PerCPUSecond, o.Deviation)
				r.Load = append(r.Load, o)
			}
		}
	}
	for range b.plan.Rounds {
		o, err := b.runOnce(ctx, wrk, "/heavywork", 0, b.plan.Run)
		if err != nil {
			return err
		}
		o.Quantiles, o.arrivals = nil, nil
		b.say("as fast as it goes: wrk %.0f/s, %.0f requests per CPU-second", o.Achieved, o.PerCPUSecond)
		r.Load = append(r.Load, o)
	}
	return nil
}

// capacity looks for the highest rate held: upwards by a quarter until one is
// not held twice, then half the last step.
func (b *bench) capacity(ctx context.Context, r *results) error {
	for _, generator := range []string{loadgen, vegeta} {
		held := func(rate int) (bool, error) {
			for range 2 { // one pause of the machine is not the end
				o, err := b.runOnce(ctx, generator, "/heavywork", rate, b.plan.CapacityRun)
				if err != nil {
					return false, err
				}
				r.Steps[generator] = append(r.Steps[generator], rate)
				if o.held(b.plan.CapacityRun) {
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

// memory watches the resident memory over a long run: the command line of
// loadgen with everything in it, and vegeta.
func (b *bench) memory(ctx context.Context, r *results) error {
	host, port := b.server.hostPort()
	rate, seconds := strconv.Itoa(b.plan.MemoryRate), strconv.FormatFloat(b.plan.MemoryRun.Seconds(), 'f', -1, 64)
	_, vegetaArgs := b.command(vegeta, "/heavywork", b.plan.MemoryRate, b.plan.MemoryRun)
	for _, run := range []struct {
		generator, program string
		args               []string
	}{
		{loadgen, b.tools.loadgen, []string{"run", "--profile", "constant:rate=" + rate + ",duration=" + seconds,
			"--quiet", "--json", "--tolerate-errors", host, port, "heavywork"}},
		{vegeta, b.tools.rivals, vegetaArgs},
	} {
		if _, err := b.server.control(ctx, "reset"); err != nil {
			return err
		}
		_, used, err := execute(ctx, run.program, run.args...)
		if err != nil {
			return err
		}
		arrivals, err := b.server.arrivals(ctx)
		if err != nil {
			return err
		}
		m := memory{Generator: run.generator, Arrived: int64(len(arrivals)), PeakMiB: used.PeakMiB}
		if n := min(len(used.Resident), int(b.plan.MemoryRun/sampleEvery)); n >= 6 {
			m.EarlyMiB, m.LateMiB = used.Resident[n/6], used.Resident[n-1]
		}
		b.say("memory at %s/s for %s s: %-8s peak %.1f MiB, %.1f after a sixth, %.1f at the end", rate, seconds, run.generator, m.PeakMiB, m.EarlyMiB, m.LateMiB)
		r.Memory = append(r.Memory, m)
	}
	return nil
}

// latency compares percentiles where nothing is short: a server that answers
// after 20, 40 or 80 ms.
func (b *bench) latency(ctx context.Context, r *results) error {
	b.connections = b.plan.LatencyWorkers
	defer func() { b.connections = connections }()
	for range b.plan.Rounds {
		for _, generator := range []string{loadgen, vegeta, wrk} {
			o, err := b.runOnce(ctx, generator, "/wait", b.plan.LatencyRate, b.plan.LatencyRun)
			if err != nil {
				return err
			}
			o.arrivals = nil
			b.say("latency at %d/s: %-8s %.2f ms", b.plan.LatencyRate, generator, o.Quantiles)
			r.Latency = append(r.Latency, o)
		}
	}
	return nil
}

// machine is where it was measured, and with what.
type machine struct {
	Processor string            `json:"processor"`
	Cores     int               `json:"cores"`
	Kernel    string            `json:"kernel"`
	Go        string            `json:"go"`
	Versions  map[string]string `json:"versions"`
	Date      string            `json:"date"`
}

func thisMachine(ctx context.Context, t tools) (machine, error) {
	m := machine{
		Cores: runtime.NumCPU(), Go: runtime.Version(), Versions: make(map[string]string),
		Date: time.Now().UTC().Format(time.DateOnly),
	}
	for into, command := range map[*string][]string{
		&m.Kernel:    {"uname", "-sr"},
		&m.Processor: {"sh", "-c", "sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1"},
	} {
		text, err := output(ctx, command[0], command[1:]...)
		if err != nil {
			return m, err
		}
		*into = text
	}
	for name, command := range map[string][]string{
		wrk:      {"dpkg-query", "-W", "-f", "${Version}", "wrk"},
		hey:      {"dpkg-query", "-W", "-f", "${Version}", "hey"},
		vegeta:   {"sh", "-c", "go version -m " + t.rivals + " | awk '$2 == \"github.com/tsenart/vegeta/v12\" {print $3}'"},
		fasthttp: {"sh", "-c", "go version -m " + t.rivals + " | awk '$2 == \"github.com/valyala/fasthttp\" {print $3}'"},
	} {
		text, err := output(ctx, command[0], command[1:]...)
		if err != nil {
			text = "unknown" // not installed as a package
		}
		m.Versions[name] = text
	}
	return m, nil
}
