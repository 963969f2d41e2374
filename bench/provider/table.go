// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strings"
)

// reference is the size that others are compared with: at 1 it is Terraform's start that is measured.
const reference = 50

// Markdown returns the results: a table per subject, with what a rule costs and how that relates to the cost of one
// of 50. A ratio of 1 means that the whole grows as the number of rules does.
func (r *Results) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %s, %s; median of %d runs.\n", r.StartedAt.Format("2006-01-02 15:04 MST"), r.Terraform, r.Machine, r.Repeat)
	for _, subject := range []struct{ name, title string }{
		{SubjectRules, "Rules in a config map that no adapter reads"},
		{SubjectAdapter, "Rules with the adapter: rolled, and every metric awaited"},
		{SubjectBaseline, "For comparison: as many terraform_data, which do nothing"},
	} {
		rows := r.of(subject.name)
		if len(rows) == 0 {
			continue
		}
		adapter := subject.name == SubjectAdapter
		fmt.Fprintf(&b, "\n### %s\n\n| Rules | Plan | Apply | Apply, per rule | … of that of %d | Empty plan | … per rule | … of that of %d | Destroy |", subject.title, reference, reference)
		if adapter {
			b.WriteString(" Rollouts |")
		}
		b.WriteString("\n| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
		if adapter {
			b.WriteString(" ---: |")
		}
		b.WriteString("\n")
		for _, row := range rows {
			fmt.Fprintf(&b, "| %d | %.2f s | %.2f s | %.1f ms | %s | %.2f s | %.1f ms | %s | %.2f s |", row.Size, row.Plan,
				row.Apply, perRule(row.Apply, row.Size), ratio(rows, row, func(r Row) float64 { return r.Apply }),
				row.Empty, perRule(row.Empty, row.Size), ratio(rows, row, func(r Row) float64 { return r.Empty }), row.Destroy)
			if adapter {
				fmt.Fprintf(&b, " %d |", row.Rollouts)
			}
			b.WriteString("\n")
		}
	}
	return b.String()
}

func (r *Results) of(subject string) []Row {
	var rows []Row
	for _, row := range r.Rows {
		if row.Subject == subject {
			rows = append(rows, row)
		}
	}
	return rows
}

// perRule returns milliseconds.
func perRule(seconds float64, size int) float64 { return seconds * 1000 / float64(size) }

// ratio compares what one rule costs with what one costs in the reference size.
func ratio(rows []Row, row Row, pick func(Row) float64) string {
	for _, other := range rows {
		if other.Size == reference && pick(other) > 0 {
			return fmt.Sprintf("%.2f", perRule(pick(row), row.Size)/perRule(pick(other), other.Size))
		}
	}
	return "–"
}
