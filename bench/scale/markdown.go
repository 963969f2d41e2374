// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/bench/internal/page"
)

var titles = map[string]string{
	raw: "rate at every request", recorded: "recorded rate", workload: "rate of the workload",
	adapter: "adapter", prometheus: "Prometheus", apiServer: "API server", controller: "controller manager",
}

var names = map[string]string{before: "prometheus-adapter", ours: "this project's"}

// Markdown returns the tables of the results.
func (r *Results) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, Kubernetes %s, Prometheus %s, %s; scraped every %s, rate over %s, autoscalers every %s. It took %s.\n", r.StartedAt.Format("2006-01-02 15:04 MST"),
		r.Kubernetes, r.Prometheus, r.Machine, r.ScrapeInterval, r.Window, r.SyncPeriod, time.Duration(r.Seconds*float64(time.Second)).Round(time.Second))

	section(&b, "This project's adapter compared with prometheus-adapter",
		[]string{"Pods", "Latency, p50", "p99", "adapter's processor time per request", "adapter's memory", "Latency of the workload's metric, p50", "p99"}, r.ratios())

	section(&b, "A request for the metric", []string{"Pods", "Program", "Way", "Requests", "Failed", "p50", "p90", "p99", "Prometheus' part", "HPA loop", "its metric"},
		r.rows(func(_ Size, w *Way) []string {
			return []string{fmt.Sprint(w.Requests), fmt.Sprint(w.Failed), ms(w.P50), ms(w.P90), ms(w.P99), ms(w.Query), ms(w.Loop), ms(w.Metric)}
		}))

	heading := []string{"Pods", "Program", "Way"}
	for _, component := range components {
		heading = append(heading, titles[component])
	}
	section(&b, "Processor time of one request", append(heading, "total", "total, per pod"), r.rows(func(s Size, w *Way) (cells []string) {
		sum := 0.0
		for _, component := range components {
			cells = append(cells, ms(w.CPU[component]))
			sum += w.CPU[component]
		}
		return append(cells, ms(sum), fmt.Sprintf("%.0f µs", sum/float64(s.Pods)*1e6))
	}))

	heading = []string{"Pods", "Program"}
	for _, component := range components {
		heading = append(heading, titles[component]+", cores", "MiB")
	}
	var rows [][]string
	for _, s := range r.Sizes {
		for _, program := range programs {
			row := []string{fmt.Sprint(s.Pods), names[program]}
			for _, component := range components {
				row = append(row, fmt.Sprintf("%.3f", s.Programs[program].Cores[component]), fmt.Sprintf("%.0f", s.Programs[program].Memory[component]))
			}
			rows = append(rows, append(row, ms(s.Programs[program].Relist), fmt.Sprint(s.Programs[program].Resets)))
		}
	}
	section(&b, "What it costs while only one autoscaler asks, every "+r.SyncPeriod, append(heading, "One list of series", "Restarts of the adapter"), rows)

	rows = nil
	for _, s := range r.Sizes {
		rows = append(rows, []string{fmt.Sprint(s.Pods), ms(s.Scrape), ms(s.Rule), kB(s.Names), kB(s.Pod * s.Pods), kB(s.Answer), fmt.Sprintf("%.0f s", s.Create)})
	}
	section(&b, "What grows with the pods", []string{"Pods", "One scrape", "One evaluation of the recording rule", "Names in the query", "List of pods", "Answer", "Until all were ready"}, rows)

	rows = nil
	for _, d := range r.Labelled {
		rows = append(rows, []string{names[d.Program], titles[d.Way], fmt.Sprint(d.Pods), fmt.Sprint(d.Series), fmt.Sprintf("%.3f", d.Cores), fmt.Sprintf("%.0f", d.Memory), fmt.Sprintf("%.3f", d.Server), ms(d.Relist), ms(d.P50)})
	}
	if rows != nil {
		section(&b, "A counter with labels, one rule at a time", []string{"Program", "Way", "Pods", "Series the rule lists", "Adapter, cores", "MiB", "Prometheus, cores", "One list of series", "Request, p50"}, rows)
	}
	if l := r.Longest; l != nil {
		fmt.Fprintf(&b, "\n### The longest query in a URL\n\nWith %d names in the URL Prometheus answers; with %d it answers `%s`, and to the same query by POST `%s`.\n", l.Accepted, l.Refused, l.Status, l.Post)
	}
	return b.String()
}

func section(b *strings.Builder, title string, heading []string, rows [][]string) {
	fmt.Fprintf(b, "\n### %s\n\n%s", title, page.Table(heading, rows))
}

// rows returns one row for each size, program and way; cells returns the other columns.
func (r *Results) rows(cells func(Size, *Way) []string) [][]string {
	var rows [][]string
	for _, s := range r.Sizes {
		for _, program := range programs {
			for _, way := range ways {
				if w := s.Programs[program].Ways[way]; w != nil {
					rows = append(rows, append([]string{fmt.Sprint(s.Pods), names[program], titles[way]}, cells(s, w)...))
				}
			}
		}
	}
	return rows
}

// ratios returns what this project's adapter needs where prometheus-adapter needs 1. The workload's
// metric is compared with prometheus-adapter's metric of the pods.
func (r *Results) ratios() [][]string {
	ratio := func(a, b float64) string {
		if a == 0 || b == 0 {
			return "–"
		}
		return fmt.Sprintf("%.3f", a/b)
	}
	var rows [][]string
	for _, s := range r.Sizes {
		o, b := s.Programs[ours], s.Programs[before]
		pods, reference, service := o.Ways[raw], b.Ways[raw], o.Ways[workload]
		rows = append(rows, []string{fmt.Sprint(s.Pods), ratio(pods.P50, reference.P50), ratio(pods.P99, reference.P99), ratio(pods.CPU[adapter], reference.CPU[adapter]),
			ratio(o.Memory[adapter], b.Memory[adapter]), ratio(service.P50, reference.P50), ratio(service.P99, reference.P99)})
	}
	return rows
}

// ms returns milliseconds, or a dash for what was not measured.
func ms(seconds float64) string {
	switch v := seconds * 1e3; {
	case v == 0:
		return "–"
	case v >= 100:
		return fmt.Sprintf("%.0f ms", v)
	case v >= 10:
		return fmt.Sprintf("%.1f ms", v)
	default:
		return fmt.Sprintf("%.2f ms", v)
	}
}

func kB(bytes int) string { return fmt.Sprintf("%.1f kB", float64(bytes)/1000) }
