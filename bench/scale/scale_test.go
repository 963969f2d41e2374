// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/bench/internal/benchtest"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/internal/metrics"
)

func TestParseSizes(t *testing.T) {
	if got, err := parseSizes("1, 10,5000"); err != nil || !slices.Equal(got, []int{1, 10, 5000}) {
		t.Errorf("got %v, %v", got, err)
	}
	for _, list := range []string{"", "0", "x", "1.5", "10,1", "10,10", "20001", "1,"} {
		if _, err := parseSizes(list); err == nil || !strings.Contains(err.Error(), `"`+list+`"`) {
			t.Errorf("%q: error %v, want one that names it", list, err)
		}
	}
}

func TestRunRefusesWhatItCannotUse(t *testing.T) {
	for flag, value := range map[string]string{"-sizes": "0", "-labels": "51"} {
		if err := benchmark().Run(t.Context(), []string{flag, value}, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), flag) {
			t.Errorf("%s %s: error %v, want one that names the flag", flag, value, err)
		}
	}
}

const somePage = `# TYPE process_cpu_seconds_total counter
process_cpu_seconds_total 12.5
process_cpu_seconds_total_of_another 99
# HELP prometheus_http_request_duration_seconds x
# TYPE prometheus_http_request_duration_seconds histogram
prometheus_http_request_duration_seconds_bucket{handler="/api/v1/query",le="+Inf"} 4
prometheus_http_request_duration_seconds_sum{handler="/api/v1/query"} 2
prometheus_http_request_duration_seconds_count{handler="/api/v1/query"} 4
prometheus_http_request_duration_seconds_sum{handler="/api/v1/series"} 30
prometheus_http_request_duration_seconds_count{handler="/api/v1/series"} 3
`

func TestParseTakesWhatWasAskedFor(t *testing.T) {
	e, err := metrics.Parse([]byte(somePage), cpuSeconds, serverSeconds+"_sum", serverSeconds+"_count")
	if err != nil {
		t.Fatal(err)
	}
	if got := e.Sum(cpuSeconds); got != 12.5 {
		t.Errorf("processor time is %v, want 12.5", got)
	}
	if got := totalOf(e, serverSeconds, "handler", "/api/v1/query"); got != (total{2, 4}) || got.mean() != 0.5 {
		t.Errorf("queries are %v", got)
	}
	if got := totalOf(e, serverSeconds).since(total{2, 4}); got != (total{30, 3}) {
		t.Errorf("all but the queries are %v", got)
	}
	if got := (total{}).mean(); got != 0 {
		t.Errorf("the mean of nothing is %v", got)
	}
}

// Both autoscalers have completed two loops; the other one takes 0.5 s each time.
func TestWithoutTakesTheOtherAutoscalerOff(t *testing.T) {
	if got := without(total{sum: 7, count: 4}, total{sum: 5, count: 10}, 2); got != 3 {
		t.Errorf("a loop takes %v s, want 3", got)
	}
	if got := without(total{sum: 1, count: 2}, total{sum: 1, count: 1}, 2); got != 0 {
		t.Errorf("without loops it is %v, want 0", got)
	}
}

func TestSyncPeriodOf(t *testing.T) {
	for _, c := range []struct {
		command []string
		want    time.Duration
	}{
		{[]string{"kube-controller-manager", "--kubeconfig=x"}, 15 * time.Second},
		{[]string{"kube-controller-manager", "--horizontal-pod-autoscaler-sync-period=1s"}, time.Second},
		{[]string{"--horizontal-pod-autoscaler-sync-period=soon"}, 0},
	} {
		if got, err := syncPeriodOf(c.command); got != c.want || (err != nil) != (c.want == 0) {
			t.Errorf("%v: %v, %v, want %v", c.command, got, err, c.want)
		}
	}
}

// In two blocks of ten seconds and two requests each, a component that uses 0.1 cores anyway and 0.5 s
// for a snapshot has used 2.5 s: 1 s is left for the two requests.
func TestSummaryTakesOffWhatIsUsedAnyway(t *testing.T) {
	at := time.Unix(1000, 0)
	one := block{
		latencies: []float64{0.2, 0.4},
		from:      snapshot{at: at, cpu: map[string]float64{adapter: 10}, query: total{1, 1}},
		to:        snapshot{at: at.Add(10 * time.Second), cpu: map[string]float64{adapter: 12.5}, query: total{2, 3}},
	}
	way := summary([]block{one, one}, map[string]float64{adapter: 0.1, prometheus: 1}, map[string]float64{adapter: 0.5})
	if math.Abs(way.CPU[adapter]-0.5) > 1e-9 || way.CPU[prometheus] != 0 {
		t.Errorf("a request costs %v, want 0.5 s of the adapter and nothing below zero", way.CPU)
	}
	if way.Requests != 4 || way.P50 != 0.2 || way.P99 != 0.4 || way.Query != 0.5 {
		t.Errorf("the rest is %+v", way)
	}
}

func example() *Results {
	of := func(seconds, mebibytes float64) *Program {
		return &Program{Cores: map[string]float64{adapter: seconds}, Memory: map[string]float64{adapter: mebibytes}, Ways: map[string]*Way{
			raw:      {Requests: 40, P50: seconds, P99: 2 * seconds, CPU: map[string]float64{adapter: seconds, apiServer: 0.1}, Loop: 0.2},
			recorded: {Requests: 40, P50: 0.1, P99: 0.2, CPU: map[string]float64{}},
			workload: {Requests: 40, P50: 0.01, P99: 0.02, CPU: map[string]float64{}},
		}}
	}
	return &Results{
		Machine: "a machine", ScrapeInterval: "2s", Window: "15s", Seconds: 61,
		Sizes: []Size{{
			Pods: 1000, Scrape: 0.01, Pod: 5000, Names: 25999, Answer: 200000,
			Programs: map[string]*Program{before: of(0.4, 200), ours: of(0.1, 50)},
		}},
		Labelled: []Discovery{{Program: ours, Way: recorded, Pods: 1000, Series: 1000, Cores: 0.5}},
		Longest:  &Longest{Accepted: 30000, Refused: 31000, Status: "431 Too Large", Post: "200 OK"},
	}
}

func TestMarkdownHasWhatWasMeasured(t *testing.T) {
	text := example().Markdown()
	for _, want := range []string{
		"| 1000 | 0.250 | 0.250 | 0.250 | 0.250 | 0.025 | 0.025 |",
		"| 1000 | prometheus-adapter | rate at every request | 40 | 0 | 400 ms |", "| 1000 | this project's | recorded rate | 40 | 0 | 100 ms |",
		"| 200 ms | 200 µs |", "| 1000 | this project's | 0.100 | 50 |", "5000.0 kB", "| this project's | recorded rate | 1000 | 1000 | 0.500 |", "431 Too Large", "It took 1m1s",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q:\n%s", want, text)
		}
	}
}

func TestPageFollowsResults(t *testing.T) { benchtest.PageFollowsResults(t, benchmark()) }

func TestImageHoldsTheProgram(t *testing.T) {
	archive := filepath.Join(t.TempDir(), "image.tar")
	if err := writeImage(archive, "localhost/x:1", "x", []byte("program")); err != nil {
		t.Fatal(err)
	}
	image, err := tarball.ImageFromPath(archive, nil)
	if err != nil {
		t.Fatal(err)
	}
	config, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if layers, err := image.Layers(); err != nil || len(layers) != 1 || config.Config.User != "65532:65532" || config.Config.Entrypoint[0] != "/x" {
		t.Errorf("the image has %d layers and %+v (error %v)", len(layers), config.Config, err)
	}
}
