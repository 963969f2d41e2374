// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/bench/internal/page"
)

var titles = map[string]string{
	raw: "rate at every request", recorded: "recorded rate",
	adapter: "adapter", prometheus: "Prometheus", apiServer: "API server", controller: "controller manager",
}

// Markdown returns the tables of the results.
func (r *Results) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, Kubernetes %s, Prometheus %s, %s; scraped every %s, rate over %s, autoscalers every %s. It took %s.\n", r.StartedAt.Format("2006-01-02 15:04 MST"),
		r.Kubernetes, r.Prometheus, r.Machine, r.ScrapeInterval, r.Window, r.SyncPeriod, time.Duration(r.Seconds*float64(time.Second)).Round(time.Second))

	section(&b, "A request for the metric of all pods",
		[]string{"Pods", "Way", "Requests", "Failed", "p50", "p90", "p99", "Prometheus' part", "HPA loop", "its metric"},
		r.rows(func(s Size, way string) []string {
			w := s.Ways[way]
			return []string{titles[way], fmt.Sprint(w.Requests), fmt.Sprint(w.Failed), ms(w.P50), ms(w.P90), ms(w.P99), ms(w.Query), ms(w.Loop), ms(w.Metric)}
		}))

	heading := []string{"Pods", "Way"}
	for _, component := range components {
		heading = append(heading, titles[component])
	}
	section(&b, "Processor time of one request", append(heading, "together", "together, per pod"), r.rows(func(s Size, way string) []string {
		cells := []string{titles[way]}
		sum := 0.0
		for _, component := range components {
			cells = append(cells, ms(s.Ways[way].CPU[component]))
			sum += s.Ways[way].CPU[component]
		}
		return append(cells, ms(sum), fmt.Sprintf("%.0f µs", sum/float64(s.Pods)*1e6))
	}))

	heading = []string{"Pods"}
	for _, component := range components {
		heading = append(heading, titles[component]+", cores", "MiB")
	}
	var rows [][]string
	for _, s := range r.Sizes {
		row := []string{fmt.Sprint(s.Pods)}
		for _, component := range components {
			row = append(row, fmt.Sprintf("%.3f", s.Cores[component]), fmt.Sprintf("%.0f", s.Memory[component]))
		}
		rows = append(rows, row)
	}
	section(&b, "What it costs while only one autoscaler asks, every "+r.SyncPeriod, heading, rows)

	rows = nil
	for _, s := range r.Sizes {
		rows = append(rows, []string{fmt.Sprint(s.Pods), ms(s.Scrape), ms(s.Rule), ms(s.Relist), kB(s.Names), kB(s.Pod * s.Pods), kB(s.Answer), fmt.Sprint(s.Resets), fmt.Sprintf("%.0f s", s.Create)})
	}
	section(&b, "What grows with the pods", []string{"Pods", "One scrape", "One evaluation of the recording rule", "One list of series", "Names in the query", "List of pods", "Answer", "Restarts of the adapter", "Until all were there"}, rows)

	rows = nil
	for _, d := range r.Labelled {
		rows = append(rows, []string{titles[d.Way], fmt.Sprint(d.Pods), fmt.Sprint(d.Series), fmt.Sprintf("%.3f", d.Cores), fmt.Sprintf("%.0f", d.Memory), fmt.Sprintf("%.3f", d.Server), ms(d.Relist), ms(d.P50)})
	}
	if rows != nil {
		section(&b, "A counter with labels, one rule at a time", []string{"Way", "Pods", "Series the rule lists", "Adapter, cores", "MiB", "Prometheus, cores", "One list of series", "Request, p50"}, rows)
	}
	if l := r.Longest; l != nil {
		fmt.Fprintf(&b, "\n### The longest query in an address\n\nWith %d names in the address Prometheus answers; with %d it says `%s`, and to the same query by POST `%s`.\n", l.Accepted, l.Refused, l.Status, l.Post)
	}
	return b.String()
}

func section(b *strings.Builder, title string, heading []string, rows [][]string) {
	fmt.Fprintf(b, "\n### %s\n\n%s", title, page.Table(heading, rows))
}

// rows has one row for each size and way; cells returns all of it but the number of pods.
func (r *Results) rows(cells func(Size, string) []string) [][]string {
	var rows [][]string
	for _, s := range r.Sizes {
		for _, way := range ways {
			if s.Ways[way] != nil {
				rows = append(rows, append([]string{fmt.Sprint(s.Pods)}, cells(s, way)...))
			}
		}
	}
	return rows
}

// ms writes a dash for what was not measured.
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
