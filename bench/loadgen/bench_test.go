// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/bench/internal/benchtest"
)

func every(gap time.Duration, n int) []time.Duration {
	times := make([]time.Duration, n)
	for i := range times {
		times[i] = time.Hour + time.Duration(i)*gap // the server's clock started long before
	}
	return times
}

func TestDeviations(t *testing.T) {
	punctual := every(time.Millisecond, 1000)
	if got := deviations(punctual, 1000); !slices.Equal(got, []float64{0, 0}) {
		t.Errorf("punctual arrivals deviate by %v", got)
	}
	late := every(time.Millisecond, 1000)
	for i := range late {
		late[i] += 5 * time.Millisecond // in common, so it does not count
	}
	for i := 500; i < 520; i++ {
		late[i] += 300 * time.Microsecond
	}
	if got := deviations(late, 1000); !slices.Equal(got, []float64{0, 0.3}) {
		t.Errorf("2 %% that are 0.3 ms late deviate by %v, want 0 and 0.3", got)
	}
	if got := deviations(every(2*time.Millisecond, 1000), 1000); got[1] < 900 {
		t.Errorf("half the rate deviates by %v, want growing to a second", got)
	}
}

func TestHeld(t *testing.T) {
	late := every(time.Millisecond, 1000)
	for i := range 5 {
		late[len(late)-1-i] += time.Second
	}
	for name, tt := range map[string]struct {
		outcome outcome
		want    bool
	}{
		"all":      {outcome{Rate: 1000, arrivals: every(time.Millisecond, 1000)}, true},
		"one lost": {outcome{Rate: 1000, Lost: 1, arrivals: every(time.Millisecond, 1000)}, true},
		"two lost": {outcome{Rate: 1000, Lost: 2, arrivals: every(time.Millisecond, 1000)}, false},
		"too few":  {outcome{Rate: 1000, arrivals: every(time.Millisecond, 990)}, false},
		"too late": {outcome{Rate: 1000, arrivals: late}, false},
		"none":     {outcome{Rate: 1000}, false},
	} {
		if got := tt.outcome.held(time.Second); got != tt.want {
			t.Errorf("%s: held = %t, want %t", name, got, tt.want)
		}
	}
}

func TestWhatWrkPrints(t *testing.T) {
	o := outcome{Generator: wrk}
	err := o.read("  12 requests\npercentile 50: 500 us\npercentile 75: 20100 us\npercentile 90: 40250 us\npercentile 99: 1.02 s\n")
	if err == nil {
		t.Error("a percentile in an unknown form was read")
	}
	o = outcome{Generator: wrk}
	if err := o.read("  12 requests\npercentile 50: 500 us\npercentile 75: 20100 us\npercentile 90: 40250 us\npercentile 99: 1020000 us\n"); err != nil {
		t.Fatal(err)
	}
	if want := []float64{0.5, 20.1, 40.25, 1020}; !slices.Equal(o.Quantiles, want) {
		t.Errorf("percentiles %v, want %v", o.Quantiles, want)
	}
}

func TestProcessorTime(t *testing.T) {
	got, err := parseTicks("cpu  100 20 30 1000 40 5 6 7 99 99\ncpu0 1 1 1 1 1 1 1 1 1 1\n")
	if want := (ticks{total: 1208, busy: 161, stolen: 7}); err != nil || got != want {
		t.Errorf("ticks are %+v, error %v; want %+v", got, err, want)
	}
	for _, bad := range []string{"", "cpu 1 2 3", "cpu 1 2 3 4 5 6 7 x", "intr 1 2 3 4 5 6 7 8"} {
		if _, err := parseTicks(bad); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
	used := func() float64 {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			t.Fatal(err)
		}
		return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9 * ticksPerSecond
	}
	before := used()
	n := processTicks(os.Getpid())
	if after := used(); n < before-2 || n > after+2 { // each of two numbers is rounded
		t.Errorf("this process has used %g ticks, want %g to %g", n, before, after)
	}
	if n := processTicks(1 << 30); n != 0 {
		t.Errorf("a process that does not exist has used %g", n)
	}
}

// The attempts of a round lose the given shares, one after the other, and measure
// their number.
func TestRoundsAreRepeatedWhenTheHostTakesTooMuch(t *testing.T) {
	for _, test := range []struct {
		name    string
		stolen  []float64
		repeats int
		want    int // the attempt that counts, from 1
		left    int
	}{
		{"undisturbed", []float64{0.01}, 2, 1, 2},
		{"the second time", []float64{0.2, 0, 9}, 2, 2, 1},
		{"never, and the first lost least", []float64{0.02, 0.3, 0.03}, 2, 1, 0},
		{"never, and the last lost least", []float64{0.3, 0.04, 0.03}, 2, 3, 0},
		{"nothing left", []float64{0.5}, 0, 1, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			b, r := &bench{plan: plan{MaxStolen: 0.01}, log: io.Discard}, &results{}
			asked := 0
			got, err := undisturbed(b, r, "part", &test.repeats, func() (int, attempt, error) {
				asked++
				return asked, attempt{disturbance: disturbance{Stolen: test.stolen[asked-1]}}, nil
			})
			if err != nil || got != test.want || test.repeats != test.left {
				t.Errorf("attempt %d counts, %d repeats are left, error %v; want attempt %d and %d", got, test.repeats, err, test.want, test.left)
			}
			for i, a := range r.Attempts {
				if counts := i+1 == test.want; a.Counted != counts || (a.Discarded == nil) != counts || a.Part != "part" {
					t.Errorf("attempt %d is %+v", i+1, a)
				}
			}
			if len(r.Attempts) != asked {
				t.Errorf("%d attempts are kept of %d", len(r.Attempts), asked)
			}
		})
	}
}

// measured returns results that meet all targets.
func measured() *results {
	r := &results{
		Plan: plan{Rounds: 2, Rates: []int{5000}, ScheduleRate: 5000, LatencyRate: 200},
		Attempts: []attempt{
			{Part: "5000/s, round 1", disturbance: disturbance{0.06, 0.02}, SendDelay: 7.6},
			{Part: "5000/s, round 1", Counted: true, disturbance: disturbance{Stolen: 0.004}, SendDelay: 0.38},
		},
		Capacity: map[string]int{loadgen: 40_000, vegeta: 20_000},
		Memory:   []memory{{Generator: loadgen, Rate: 10, Run: 10 * time.Second, Arrived: 100, PeakMiB: 40, EarlyMiB: 30, LateMiB: 31}, {Generator: vegeta, Arrived: 100, PeakMiB: 80, EarlyMiB: 50, LateMiB: 80}},
	}
	for range 2 {
		for generator, efficiency := range map[string]float64{loadgen: 30_000, vegeta: 15_000, hey: 10_000, nethttp: 20_000, fasthttp: 25_000} {
			r.Load = append(r.Load, outcome{Generator: generator, Rate: 5000, PerCPUSecond: efficiency, Deviation: []float64{0.1, 0.5}, SendDelay: []float64{0.1, 0.4}})
		}
		r.Load = append(r.Load, outcome{Generator: wrk, PerCPUSecond: 99_000, Achieved: 70_000})
		for _, generator := range []string{loadgen, vegeta, wrk} {
			r.Latency = append(r.Latency, outcome{Generator: generator, Quantiles: []float64{20, 40, 40, 80}, SendDelay: []float64{0.1, 0.4}})
		}
	}
	return r
}

func TestVerdicts(t *testing.T) {
	for _, v := range judge(measured()) {
		if !v.Met {
			t.Errorf("%s: %s, which is not met", v.Target, v.Figure)
		}
	}
	for target, spoil := range map[string]func(*results){
		"CPU-second":       func(r *results) { r.Load[slices.IndexFunc(r.Load, isVegeta)].PerCPUSecond = 40_000 },
		"scheduling error": func(r *results) { set(r.Load, loadgen, func(o *outcome) { o.SendDelay = []float64{0.1, 1} }) },
		"highest rate":     func(r *results) { r.Capacity[loadgen] = 19_000 },
		"at most 64 MiB":   func(r *results) { r.Memory[0].PeakMiB = 64.1 },
		"flat":             func(r *results) { r.Memory[0].LateMiB = 40 },
		"sent at":          func(r *results) { r.Memory[0].Arrived = 30 },
		"those of vegeta": func(r *results) {
			set(r.Latency, vegeta, func(o *outcome) { o.Quantiles = []float64{20, 40, 40, 80.5} })
		},
		"those of wrk": func(r *results) { set(r.Latency, wrk, func(o *outcome) { o.Quantiles = []float64{19.8, 40, 40, 80} }) },
	} {
		r := measured()
		spoil(r)
		for _, v := range judge(r) {
			if v.Met == strings.Contains(v.Target, target) {
				t.Errorf("with a bad %q: %s: %s, met %t", target, v.Target, v.Figure, v.Met)
			}
		}
	}
}

func isVegeta(o outcome) bool { return o.Generator == vegeta }

func set(outcomes []outcome, generator string, change func(*outcome)) {
	for i := range outcomes {
		if outcomes[i].Generator == generator {
			change(&outcomes[i])
		}
	}
}

func TestTablesHaveWhatWasMeasured(t *testing.T) {
	text := markdown(measured())
	for _, want := range []string{"| 5000/s | 30000 | 15000 (2.00) |", "1 of 2 rounds do not count", "| 5000/s, round 1 | repeated | 6.0 % | 2.0 % | 7.600 |", "| 5000/s, round 1 | counts | 0.4 % | 0.0 % | 0.380 |"} {
		if !strings.Contains(text, want) || strings.Contains(text, "%!") {
			t.Errorf("tables lack %q:\n%s", want, text)
		}
	}
}

func TestPageFollowsResults(t *testing.T) { benchtest.PageFollowsResults(t, benchmark()) }
