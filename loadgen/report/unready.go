// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"strings"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/measure"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/result"
)

// unreadySentence describes the requests that found no replica.
func unreadySentence(u *result.Unready) string {
	if u == nil {
		return ""
	}
	times := "once"
	if len(u.Gaps) > 1 {
		times = fmt.Sprintf("%d times", len(u.Gaps))
	}
	text := fmt.Sprintf("No replica was ready %s, for %s in all", times, seconds(u.TotalSeconds))
	if u.Offered == 0 {
		return text + "; no request was due meanwhile."
	}
	text += fmt.Sprintf("; %s due meanwhile.", counted(u.Offered, "request was", "requests were"))
	within := func(d *measure.Distribution) string {
		return fmt.Sprintf("half of the answers came within %s ms, 99 of 100 within %s ms, all within %s ms", measured(ms(d.Quantile(0.5))), measured(ms(d.Quantile(0.99))), measured(ms(d.Max())))
	}
	if u.Latency.Count() > 0 {
		text += " Of these, " + within(u.Latency) + "."
	}
	if u.Rest.Count() > 0 {
		text += " Of the others, " + within(u.Rest) + "."
	}
	return text
}

const mostGaps = 12

// unreadySection separates requests that waited for a replica from the others.
func unreadySection(document *result.Document) section {
	u := document.Unready
	t := &table{Caption: "Requests due while no replica was ready, and the others", Head: []string{"ms", "none ready", "others"}}
	t.Rows = append(t.Rows, []string{"requests", grouped(u.Offered), grouped(document.Requests.Offered - u.Offered)})
	for _, of := range []struct {
		name string
		q    float64
	}{{"p50", 0.5}, {"p99", 0.99}, {"max", 1}} {
		cells := []string{of.name}
		for _, d := range []*measure.Distribution{u.Latency, u.Rest} {
			if d.Count() == 0 {
				cells = append(cells, "–")
				continue
			}
			cells = append(cells, measured(ms(d.Quantile(of.q))))
		}
		t.Rows = append(t.Rows, cells)
	}
	s := section{Title: "While no replica was ready", Table: t}
	for _, gap := range u.Gaps[:min(len(u.Gaps), mostGaps)] {
		parts := []string{counted(gap.Offered, "request", "requests")}
		if gap.ReadyAfter != nil {
			parts = append(parts, fmt.Sprintf("a replica %s after the first", seconds(*gap.ReadyAfter)))
		}
		s.Facts = append(s.Facts, fact{clock(gap.From) + " to " + clock(gap.To), strings.Join(parts, ", ")})
	}
	if more := len(u.Gaps) - mostGaps; more > 0 {
		s.Facts = append(s.Facts, fact{"Later", counted(int64(more), "more time", "more times")})
	}
	s.Note = "A request that waits for a replica is slow, but not an error if it is answered with 2xx."
	return s
}

// unreadyDifferences returns nothing unless both runs recorded an autoscaler
// and one of them had requests without a ready replica.
func unreadyDifferences(a, b *result.Document, count func(string, int64, int64) Count) ([]Count, []Latency) {
	counts, latencies := []Count{}, []Latency{}
	x, knownX := unreadyOf(a)
	y, knownY := unreadyOf(b)
	if !knownX || !knownY || x.Offered+y.Offered == 0 {
		return counts, latencies
	}
	counts = append(counts, count("due while none was ready", x.Offered, y.Offered))
	for _, quantile := range quantiles {
		if quantile.name == "p50" || quantile.name == "p99" {
			latencies = append(latencies, Latency{Name: quantile.name, A: estimate(x.Latency, quantile.q), B: estimate(y.Latency, quantile.q)})
		}
	}
	return counts, latencies
}

func unreadyOf(document *result.Document) (u result.Unready, known bool) {
	switch line := document.Timeline; {
	case document.Unready != nil:
		return *document.Unready, true
	case line == nil || len(line.Samples) == 0:
		return u, false
	default:
		return u, len(line.Gaps()) == 0
	}
}
