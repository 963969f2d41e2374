// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"io"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/result"
)

// Ramp is what the report of a ramp says besides its charts.
type Ramp struct {
	Method, Command string // of each request; that sends the same steps again
	Lead, Warnings  []string
	Head            []string // of the table of steps
	Rows            [][]string
}

// WriteRamp writes the report of a ramp, whose steps are on one time axis, as a
// single HTML file. It fails only when w does.
func WriteRamp(w io.Writer, document *result.Document, r Ramp) error {
	p := page{Kind: "loadgen ramp", Data: newChartData(document)}
	describe(&p, document, r.Command)
	p.Title = "What one pod takes: " + targetName(document.Run.Target)
	p.Where = fmt.Sprintf("%s %s · %s", r.Method, document.Run.Target, document.Run.StartedAt.UTC().Format(dateFormat))
	p.Lead, p.Warnings, p.Figures = r.Lead, r.Warnings, nil
	p.Sections = append([]section{{
		Title: "Steps", Wide: true, Note: "Delay is the generator's own, at the same quantile. A bad step is sent twice, and counts if it is bad both times.",
		Table: &table{Caption: "Steps", Head: r.Head, TextColumns: map[int]bool{len(r.Head) - 1: true}, Rows: r.Rows},
	}}, p.Sections...)
	if err := render(w, p); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}
