// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strings"
)

// reference is the size that others are compared with: a size of 1 would mainly measure Terraform's start.
const reference = 50

// Markdown returns the results: a table per subject, with the time per rule and its ratio to the time per rule of 50
// rules. A ratio of 1 means that the total grows in proportion to the number of rules.
func (r *Results) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %s, %s; median of %d runs.\n", r.StartedAt.Format("2006-01-02 15:04 MST"), r.Terraform, r.Machine, r.Repeat)
	for _, subject := range []struct{ name, title string }{
		{SubjectRules, "Rules in a config map that no adapter reads"},
		{SubjectAdapter, "Rules with the adapter: rolled, and every metric awaited"},
		{SubjectBaseline, "For comparison: as many terraform_data resources, which do nothing"},
	} {
		rows := r.of(subject.name)
		if len(rows) == 0 {
			continue
		}
		adapter := subject.name == SubjectAdapter
		fmt.Fprintf(&b, "\n### %s\n\n| Rules | Plan | Apply | Apply, per rule | Ratio to %d rules | Empty plan | Empty plan, per rule | Ratio to %d rules | Destroy |", subject.title, reference, reference)
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

// ratio compares the time per rule with that at the reference size.
func ratio(rows []Row, row Row, pick func(Row) float64) string {
	for _, other := range rows {
		if other.Size == reference && pick(other) > 0 {
			return fmt.Sprintf("%.2f", perRule(pick(row), row.Size)/perRule(pick(other), other.Size))
		}
	}
	return "–"
}
