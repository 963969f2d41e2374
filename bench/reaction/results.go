// SPDX-License-Identifier: Apache-2.0

package main

import "github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/bench/internal/figures"

// Moments of a reaction, in order. A stage ends with a moment and begins with the
// previous one, the first with the step of the load.
const (
	scraped   = iota // Prometheus has a sample with requests of the step
	visible          // its rate is above what the autoscaler tolerates
	served           // custom.metrics.k8s.io says so
	decided          // the autoscaler wants more pods
	scheduled        // the first of them has a node
	ready            // one is ready
	answered         // one has served a request
	moments
)

var momentNames = [moments]string{
	"counter scraped", "rate visible in Prometheus", "metric on custom.metrics.k8s.io", "autoscaler wants more",
	"pod scheduled", "pod ready", "first request served by it",
}

// step is the measurement of one step of the load.
type step struct {
	Setting string           `json:"setting"`
	Round   int              `json:"round"`
	Wanted  int              `json:"wanted_first"`       // replicas the autoscaler wanted first, or that were asked for by hand
	Since   [moments]float64 `json:"seconds_since_step"` // when each moment came; without an autoscaler only the last ones count
	Failed  int64            `json:"failed_requests"`
}

// total is how long the whole reaction took, in seconds.
func (s step) total() float64 {
	if s.Setting == floor {
		return s.Since[ready]
	}
	return s.Since[answered]
}

// stage is how long one stage took, in seconds.
func (s step) stage(i int) float64 {
	if i == 0 {
		return s.Since[0]
	}
	return s.Since[i] - s.Since[i-1]
}

// cost is what a setting of all clocks costs without load.
type cost struct {
	Setting        string             `json:"setting"`
	Seconds        float64            `json:"seconds"`
	Autoscalers    int                `json:"autoscalers"`
	Looks          float64            `json:"looks_per_second"`        // syncs of all autoscalers
	APIRequests    float64            `json:"api_requests_per_second"` // answered by the API server, to all clients
	Samples        float64            `json:"samples_per_second"`      // appended by Prometheus
	CPU            map[string]float64 `json:"cpu_cores"`               // by container
	ScrapeInterval int                `json:"scrape_interval_seconds"`
	Clock          clock              `json:"clock_nanoseconds"`
}

type results struct {
	Machine figures.Machine `json:"machine"`
	Cluster string          `json:"kubernetes"`
	Minutes float64         `json:"minutes"`
	Rounds  int             `json:"rounds"`
	Stages  []compared      `json:"stages"`
	Steps   []step          `json:"steps"`
	Costs   []cost          `json:"costs,omitempty"`
}

// of returns the steps of a setting.
func (r *results) of(setting string) []step {
	var found []step
	for _, s := range r.Steps {
		if s.Setting == setting {
			found = append(found, s)
		}
	}
	return found
}

// spread returns the spread of a figure over the steps of a setting.
func (r *results) spread(setting string, figure func(step) float64) figures.Spread {
	var sample []float64
	for _, s := range r.of(setting) {
		sample = append(sample, figure(s))
	}
	return figures.SpreadOf(sample)
}

// floorSeconds is the minimum with our clocks, whatever is tuned: a scrape, a sync of
// the autoscaler, and a bare pod start.
func (r *results) floorSeconds() float64 {
	return float64(ourScrape) + ourClock.Sync.Seconds() + r.spread(floor, step.total).Median
}

// compared is one stage, or the total, under both settings, in seconds.
type compared struct {
	Stage string         `json:"stage"` // what it ends with
	Guide figures.Spread `json:"guide"`
	Ours  figures.Spread `json:"ours"`
	// Ratio is of our median to the guide's; nil where that is too short to compare.
	Ratio *float64 `json:"ratio"`
}

// whole is the name of the total of all stages.
const whole = "all of it"

// comparable is the shortest median that has a ratio: a shorter one mostly reflects
// the poll interval.
const comparable = lookAtSamples

// summarize compares all stages, and finally the total.
func (r *results) summarize() []compared {
	var all []compared
	add := func(name string, figure func(step) float64) {
		c := compared{Stage: name, Guide: r.spread(guide, figure), Ours: r.spread(ours, figure)}
		if c.Guide.Median >= comparable.Seconds() {
			ratio := c.Ours.Median / c.Guide.Median
			c.Ratio = &ratio
		}
		all = append(all, c)
	}
	for i, name := range momentNames {
		add(name, func(s step) float64 { return s.stage(i) })
	}
	add(whole, step.total)
	return all
}
