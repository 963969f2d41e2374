// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/bench/internal/figures"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/bench/internal/page"
)

// Moments of a wake, in order. A stage ends with a moment and begins with the
// previous one, the first with the request.
const (
	scaled    = iota // the Deployment wants a replica
	created          // there is a pod
	scheduled        // it has a node
	started          // its container runs
	ready            // it is ready
	answered         // the request has its answer
	aside            // the activator is no longer an endpoint
	moments
)

var momentNames = [moments]string{
	"replica wanted", "pod created", "pod scheduled", "container started", "pod ready", "request answered", "activator stepped aside",
}

// Targets of the ratio of a wake to the floor.
const (
	medianTarget = 1.5
	tailTarget   = 2.5
	peerTarget   = 0.5 // of a wake to the peer's, at both quantiles
)

// start is a wake, or the start of a bare pod.
type start struct {
	// Since is when each moment came, in seconds since the request: to the application,
	// or to create the bare pod, which wants no replica and ends with ready.
	Since [moments]float64 `json:"seconds_since_request"`
}

// since returns when moments came, up to the last one that is given. Watches have no
// common order, so a consequence may be seen before its cause, or without it. It
// proves the cause, which then gets the time of the consequence.
func since(began time.Time, at ...time.Time) (s start) {
	next := at[len(at)-1]
	for i := len(at) - 1; i >= 0; i-- {
		if !at[i].IsZero() && at[i].Before(next) {
			next = at[i]
		}
		s.Since[i] = next.Sub(began).Seconds()
	}
	return s
}

// until returns how long a start took up to a moment, and stage how long the stage
// that ends with it took.
func until(moment int) func(start) float64 {
	return func(s start) float64 { return s.Since[moment] }
}
func stage(moment int) func(start) float64 {
	if moment == 0 {
		return until(0)
	}
	return func(s start) float64 { return s.Since[moment] - s.Since[moment-1] }
}

// warm is what was measured of the activator while pods were ready.
type warm struct {
	// NGINX's configuration with one pod, whose address is left out. The texts are
	// set only if they differ.
	Bytes   int    `json:"configuration_bytes"`
	Same    bool   `json:"configuration_same"`
	Without string `json:"configuration_without_activator,omitempty"`
	With    string `json:"configuration_with_activator,omitempty"`

	Rate     float64 `json:"requests_per_second"`
	Seconds  float64 `json:"seconds"`
	Requests int64   `json:"requests"`
	Failed   int64   `json:"failed_requests"`
	Before   float64 `json:"activator_requests_total_before"`
	After    float64 `json:"activator_requests_total_after"`
}

// compare records both configurations.
func (w *warm) compare(without, with string) {
	w.Bytes, w.Same = len(with), with == without
	if !w.Same {
		w.Without, w.With = without, with
	}
}

type results struct {
	Machine figures.Machine `json:"machine"`
	Cluster string          `json:"kubernetes"`
	Minutes float64         `json:"minutes"`
	Idle    int             `json:"idle_seconds"`
	Wakes   []start         `json:"wakes"`
	Bare    []start         `json:"bare_pods"`
	// Peer is another activator. Its wakes end with the answer.
	Peer      string  `json:"peer,omitempty"`
	PeerWakes []start `json:"peer_wakes,omitempty"`
	Warm      *warm   `json:"warm,omitempty"`
}

// quantile returns a quantile of a figure over some starts.
func quantile(of []start, q float64, figure func(start) float64) float64 {
	var sample []float64
	for _, s := range of {
		sample = append(sample, figure(s))
	}
	return figures.Quantile(sample, q)
}

// markdown shows the results as tables.
func markdown(r *results) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	seconds := func(s float64) string { return fmt.Sprintf("%.2f", s) }
	row := func(name string, of []start, figure func(start) float64) []string {
		return []string{name, seconds(quantile(of, 0.5, figure)), seconds(quantile(of, 0.95, figure)), seconds(quantile(of, 1, figure))}
	}
	line("%s Kubernetes %s, %d wakes and %d bare pods, alternating, %.0f minutes; `idle_seconds` is %d. Times are in seconds.", r.Machine, r.Cluster, len(r.Wakes), len(r.Bare), r.Minutes, r.Idle)

	line("\n### From zero to an answer\n")
	rows := [][]string{
		row("a wake: request to answer", r.Wakes, until(answered)),
		row("the floor: a bare pod, request to ready", r.Bare, until(ready)),
	}
	type target struct {
		of       string
		times    float64
		q, limit float64
	}
	floor := func(q float64) float64 { return quantile(r.Bare, q, until(ready)) }
	targets := []target{{"the floor's", floor(0.5), 0.5, medianTarget}, {"the floor's", floor(0.95), 0.95, tailTarget}}
	if r.Peer != "" {
		rows = append(rows, row("a wake by "+r.Peer+": request to answer", r.PeerWakes, until(answered)))
		for _, q := range []float64{0.5, 0.95} {
			targets = append(targets, target{r.Peer + "'s", quantile(r.PeerWakes, q, until(answered)), q, peerTarget})
		}
	}
	b.WriteString(page.Table([]string{"", "p50", "p95", "longest"}, rows))
	line("\n| Target | Figure | |\n| --- | --- | --- |")
	for _, t := range targets {
		ratio, met := quantile(r.Wakes, t.q, until(answered))/t.times, "met"
		if ratio > t.limit {
			met = "**not met**"
		}
		line("| p%g of a wake at most %g times %s | %.2f times | %s |", 100*t.q, t.limit, t.of, ratio, met)
	}

	line("\n### By stages\n")
	columns := []string{"Stage ends with", "wake, p50", "p95", "bare pod, p50", "p95"}
	if r.Peer != "" {
		columns = append(columns, r.Peer+", p50", "p95")
	}
	rows = nil
	for i, name := range momentNames {
		cells := row(name, r.Wakes, stage(i))[:3]
		if i >= created && i <= ready {
			cells = append(cells, row(name, r.Bare, stage(i))[1:3]...)
		} else {
			cells = append(cells, "", "")
		}
		if r.Peer != "" && i <= answered {
			cells = append(cells, row(name, r.PeerWakes, stage(i))[1:3]...)
		}
		rows = append(rows, cells)
	}
	b.WriteString(page.Table(columns, rows))

	if w := r.Warm; w != nil {
		same := "**is not**"
		if w.Same {
			same = "is byte for byte"
		}
		line("\n### While a pod is ready\n")
		line("- NGINX's configuration with the activator %s the one without it: %d bytes, with one pod, whose address is left out.", same, w.Bytes)
		line("- Of %d requests in %g s, %g a second, %d failed. `activator_requests_total` was %g before them and %g after.", w.Requests, w.Seconds, w.Rate, w.Failed, w.Before, w.After)
	}
	return b.String()
}
