// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func every(gap time.Duration, n int) []time.Duration {
	times := make([]time.Duration, n)
	for i := range times {
		times[i] = time.Hour + time.Duration(i)*gap // the server's clock began long before
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
	err := o.read("  Latency Distribution\n     50%  500.00us\n     75%   20.10ms\n     90%   40.25ms\n     99%    1.02s \n  12 requests\n")
	if err == nil {
		t.Error("a percentile in a form nobody knows was read")
	}
	o = outcome{Generator: wrk}
	if err := o.read("  Latency Distribution\n     50%  500.00us\n     75%   20.10ms\n     90%   40.25ms\n     99%    1.02s\n  12 requests\n"); err != nil {
		t.Fatal(err)
	}
	if want := []float64{0.5, 20.1, 40.25, 1020}; !slices.Equal(o.Quantiles, want) {
		t.Errorf("percentiles %v, want %v", o.Quantiles, want)
	}
}

// measured are results in which everything is met.
func measured() *results {
	r := &results{
		Plan:     plan{Rounds: 2, Rates: []int{5000}, ScheduleRate: 5000, MemoryRate: 10, MemoryRun: 10 * time.Second, LatencyRate: 200},
		Capacity: map[string]int{loadgen: 40_000, vegeta: 20_000},
		Memory:   []memory{{loadgen, 100, 40, 30, 31}, {vegeta, 100, 80, 50, 80}},
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
		"were sent":        func(r *results) { r.Memory[0].Arrived = 30 },
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

func TestTablesGoBetweenTheMarkers(t *testing.T) {
	file := filepath.Join(t.TempDir(), "doc.md")
	if err := os.WriteFile(file, []byte("before\n"+beginMarker+"\nold\n"+endMarker+"\nafter\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	text := markdown(measured())
	for range 2 { // the second time changes nothing
		if err := replaceBetweenMarkers(file, text); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if want := "before\n" + beginMarker + "\n\n" + text + "\n" + endMarker + "\nafter\n"; string(got) != want {
			t.Errorf("file is\n%s\nwant\n%s", got, want)
		}
	}
	if !strings.Contains(text, "| 5000/s | 30000 | 15000 (2.00) |") || strings.Contains(text, "%!") {
		t.Errorf("tables are\n%s", text)
	}
	if err := os.WriteFile(file, []byte("no markers"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := replaceBetweenMarkers(file, text); err == nil || !strings.Contains(err.Error(), beginMarker) {
		t.Errorf("error %v, want one that names the marker", err)
	}
}

func TestTheDocumentHasTheMarkers(t *testing.T) {
	content, err := os.ReadFile("../../docs/benchmarks/loadgen.md")
	if err != nil {
		t.Fatal(err)
	}
	begin, end := strings.Index(string(content), beginMarker), strings.Index(string(content), endMarker)
	if begin < 0 || end < begin {
		t.Errorf("docs/benchmarks/loadgen.md lacks %s and, behind it, %s", beginMarker, endMarker)
	}
}
