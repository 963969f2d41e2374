// SPDX-License-Identifier: Apache-2.0

package report

import (
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/measure"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/result"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/timeline"
)

// chartData is what the script draws: columns instead of objects, because a run
// of an hour has 3600 seconds. A nil number is a gap.
type chartData struct {
	Title    string     `json:"title"`
	Subtitle string     `json:"subtitle"`
	Domain   [2]float64 `json:"domain"` // of the time axis, in seconds since the start
	Runs     []runData  `json:"runs"`
}

type runData struct {
	Label    string        `json:"label"`
	Started  time.Time     `json:"started"`
	LoadEnd  float64       `json:"load_end"`
	Planned  []*float64    `json:"planned"`
	Offered  []int64       `json:"offered"`
	Achieved []int64       `json:"achieved"`
	Dropped  []int64       `json:"dropped"`
	P50      []*float64    `json:"p50"` // milliseconds, as all latencies
	P90      []*float64    `json:"p90"`
	P99      []*float64    `json:"p99"`
	Max      []*float64    `json:"max"`
	Problems []problemData `json:"problems"`
	Cluster  *clusterData  `json:"cluster"`
	Events   []eventData   `json:"events"`
}

// problemData is one kind of failure or non-2xx answer.
type problemData struct {
	Key    string  `json:"key"`
	Label  string  `json:"label"`
	Values []int64 `json:"values"`
}

type clusterData struct {
	Name    string     `json:"name"` // of the metric
	Target  float64    `json:"target"`
	Min     int        `json:"min"`
	Max     int        `json:"max"`
	Until   float64    `json:"until"` // the last sample holds until here
	T       []float64  `json:"t"`
	Desired []int      `json:"desired"`
	Ready   []int      `json:"ready"`
	Metric  []*float64 `json:"metric"`
}

type eventData struct {
	T       float64 `json:"t"`
	Type    string  `json:"type"`
	Reason  string  `json:"reason"`
	Object  string  `json:"object"`
	Message string  `json:"message"`
}

func newChartData(documents ...*result.Document) chartData {
	data := chartData{}
	for i, document := range documents {
		run := newRunData(document)
		if len(documents) > 1 {
			run.Label = string(rune('A' + i))
		}
		data.Runs = append(data.Runs, run)
		from, to := timeSpan(document)
		data.Domain[0], data.Domain[1] = min(data.Domain[0], from), max(data.Domain[1], to)
	}
	return data
}

// timeSpan covers everything that was recorded of a run, in whole seconds. The
// time before the first request is cut to a few seconds.
func timeSpan(document *result.Document) (from, to float64) {
	to = max(document.Run.WindowSeconds, float64(secondCount(document)), 1)
	if line := document.Timeline; line != nil {
		for _, sample := range line.Samples {
			from, to = min(from, sample.T), max(to, sample.T)
		}
		for _, event := range line.Events {
			from, to = min(from, event.T), max(to, event.T)
		}
	}
	return max(math.Floor(from), -15), math.Ceil(to)
}

func secondCount(document *result.Document) int {
	count := 0
	for _, second := range document.Seconds {
		count = max(count, second.At+1)
	}
	return count
}

func newRunData(document *result.Document) runData {
	n := secondCount(document)
	run := runData{
		Started: document.Run.StartedAt.UTC(), LoadEnd: document.Run.WindowSeconds,
		Planned: make([]*float64, n), Offered: make([]int64, n), Achieved: make([]int64, n), Dropped: make([]int64, n),
		P50: make([]*float64, n), P90: make([]*float64, n), P99: make([]*float64, n), Max: make([]*float64, n),
		Problems: []problemData{}, Events: []eventData{},
	}
	problems := map[string][]int64{}
	count := func(key string, second int, n64 int64) {
		if n64 == 0 {
			return
		}
		if problems[key] == nil {
			problems[key] = make([]int64, n)
		}
		problems[key][second] += n64
	}
	for _, second := range document.Seconds {
		i := second.At
		if float64(i) < document.Run.WindowSeconds {
			run.Planned[i] = rounded(second.ExpectedRate)
		}
		run.Offered[i], run.Achieved[i], run.Dropped[i] = second.Offered, second.Completed, second.Dropped
		if d := second.Latency; d != nil && d.Count() > 0 {
			run.P50[i], run.P90[i] = milliseconds(d, 0.5), milliseconds(d, 0.9)
			run.P99[i], run.Max[i] = milliseconds(d, 0.99), milliseconds(d, 1)
		}
		for class, n := range second.Classes {
			if class != "2xx" {
				count(class, i, n)
			}
		}
		for kind, n := range second.Errors {
			count(string(kind), i, n)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(problems)) {
		label := strings.ReplaceAll(key, "_", " ")
		if strings.HasSuffix(key, "xx") {
			label += " answers"
		}
		run.Problems = append(run.Problems, problemData{Key: key, Label: label, Values: problems[key]})
	}
	if line := document.Timeline; line != nil && len(line.Samples) > 0 {
		run.Cluster, run.Events = newClusterData(document, line)
	}
	return run
}

func newClusterData(document *result.Document, line *timeline.Timeline) (*clusterData, []eventData) {
	_, until := timeSpan(document)
	cluster := &clusterData{Name: line.Metric, Target: line.Target, Min: line.MinReplicas, Max: line.MaxReplicas, Until: until}
	for _, sample := range line.Samples {
		cluster.T = append(cluster.T, math.Round(sample.T*1000)/1000)
		cluster.Desired = append(cluster.Desired, sample.Wanted())
		cluster.Ready = append(cluster.Ready, sample.Ready)
		var metric *float64
		if sample.Metric != nil {
			metric = rounded(*sample.Metric)
		}
		cluster.Metric = append(cluster.Metric, metric)
	}
	events := []eventData{}
	for _, event := range line.Events {
		events = append(events, eventData{math.Round(event.T*1000) / 1000, event.Type, event.Reason, event.Object, event.Message})
	}
	return cluster, events
}

func milliseconds(d *measure.Distribution, q float64) *float64 {
	return rounded(float64(d.Quantile(q)) / float64(time.Millisecond))
}

// rounded keeps three decimals. NaN and infinity become gaps, because JSON has
// neither.
func rounded(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	v = math.Round(v*1000) / 1000
	return &v
}
