// SPDX-License-Identifier: Apache-2.0

package main

import "time"

// The ways to get a rate.
const (
	raw      = "raw"      // of each pod, computed by Prometheus at every request
	recorded = "recorded" // of each pod, computed by a recording rule before, and only looked up
	workload = "workload" // of all pods together: one value of the Service
)

var ways = []string{raw, recorded, workload}

// The programs that serve the metric, by their names in the environment's variable adapter_program.
const (
	before = "prometheus-adapter"
	ours   = "adapter"
)

var programs = []string{before, ours}

// Results is what a run has found.
type Results struct {
	StartedAt      time.Time   `json:"started_at"`
	Seconds        float64     `json:"seconds"` // the whole run
	Machine        string      `json:"machine"`
	Kubernetes     string      `json:"kubernetes"`
	Prometheus     string      `json:"prometheus"`
	ScrapeInterval string      `json:"scrape_interval"`
	Window         string      `json:"rate_window"`
	SyncPeriod     string      `json:"hpa_sync_period"`
	Sizes          []Size      `json:"sizes"`
	Labelled       []Discovery `json:"labelled,omitempty"`
	Longest        *Longest    `json:"longest_get,omitempty"`
}

// Size is everything about one number of pods. All rules are in place.
type Size struct {
	Pods     int                 `json:"pods"`
	Labels   int                 `json:"series_per_pod"`
	Programs map[string]*Program `json:"programs"`
	Scrape   float64             `json:"scrape_seconds"`    // one scrape of all counters
	Rule     float64             `json:"rule_seconds"`      // one evaluation of the recording rule
	Create   float64             `json:"pods_seconds"`      // until all pods were there and Ready
	Answer   int                 `json:"answer_bytes"`      // of one list of values
	Names    int                 `json:"query_names_bytes"` // of the pods' names in the adapter's query
	Pod      int                 `json:"pod_bytes"`         // of one pod in JSON
}

// Program is one of the two programs at one size.
type Program struct {
	Ways map[string]*Way `json:"ways"`
	// Its cost while only one autoscaler asks.
	Cores  map[string]float64 `json:"cores"`              // by component, processor seconds per second
	Memory map[string]float64 `json:"resident_mebibytes"` // by component, the maximum that was seen
	Relist float64            `json:"relist_seconds"`     // one relist of one rule by the adapter
	Resets int                `json:"adapter_restarts"`   // of the adapter's container
}

// Way is one of the ways at one size.
type Way struct {
	Requests int                `json:"requests"`
	Failed   int                `json:"failed"`
	P50      float64            `json:"p50_seconds"` // of a request to the API server for the metric of all pods
	P90      float64            `json:"p90_seconds"`
	P99      float64            `json:"p99_seconds"`
	Query    float64            `json:"query_seconds"`         // mean of Prometheus' answer to the adapter, a part of the request
	CPU      map[string]float64 `json:"cpu_seconds"`           // of one request, by component
	Loop     float64            `json:"hpa_loop_seconds"`      // one reconciliation of the autoscaler
	Metric   float64            `json:"hpa_metric_seconds"`    // the part of it that gets and judges the metric
	Loops    int                `json:"hpa_loops_with_others"` // how many were seen, including those of the application's own autoscaler
}

// Discovery is what one rule alone costs while only the autoscaler asks for its metric.
type Discovery struct {
	Program string  `json:"program"`
	Way     string  `json:"way"`
	Pods    int     `json:"pods"`
	Series  int     `json:"series"` // that the rule's series query selects
	Cores   float64 `json:"adapter_cores"`
	Memory  float64 `json:"adapter_resident_mebibytes"`
	Server  float64 `json:"prometheus_cores"`
	Relist  float64 `json:"relist_seconds"`
	P50     float64 `json:"p50_seconds"` // of a request for the metric
}

// Longest is how many pod names fit into a query that is part of the URL.
type Longest struct {
	Accepted int    `json:"accepted_pods"`
	Refused  int    `json:"refused_pods"`
	Status   string `json:"refusal"`
	Post     string `json:"post_of_refused"` // the answer to the same query in the body of a request
}
