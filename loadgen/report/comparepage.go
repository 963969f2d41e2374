// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/result"
)

// differenceRow is a line of the table of differences; Heading alone begins a
// group.
type differenceRow struct {
	Heading                                           string
	Name, A, B, Difference, Relative, Chance, Verdict string
	Differs                                           bool
}

// WriteCompare writes a single HTML file with two runs overlaid and their
// differences. It fails only when w does.
func WriteCompare(w io.Writer, a, b *result.Document, repeat Repeat) error {
	comparison := Compare(a, b)
	p := page{
		Kind:     "loadgen comparison",
		Title:    "Two runs compared",
		Where:    fmt.Sprintf("A: %s · B: %s", a.Run.StartedAt.UTC().Format(dateFormat), b.Run.StartedAt.UTC().Format(dateFormat)),
		Lead:     []string{comparison.sentence(a, b)},
		Warnings: comparison.Caveats,
		DifferencesNote: "Arrivals are random, so equal runs differ too. “Chance alone” is what 19 of 20 pairs of equal runs stay within: twice √(A + B) for counts, " +
			"the spread of the order statistics for percentiles, one sync period of the autoscaler (" + seconds(max(syncPeriod(a), syncPeriod(b))) + ") for its reaction. Requests that queue behind one another scatter more than that.",
		Data: newChartData(a, b),
	}
	for _, r := range comparison.rows() {
		p.Differences = append(p.Differences, differenceRow{r.heading, r.name, r.a, r.b, r.difference, r.relative, r.chance, r.verdict, r.differs})
	}
	for i, document := range []*result.Document{a, b} {
		label := string(rune('A' + i))
		s := parametersSection(document)
		s.Title = "Parameters of " + label
		if text := repeat(document); text != "" {
			s.Command = &command{ID: "command-" + label, Text: text}
		}
		p.Sections = append(p.Sections, s)
	}
	missing := 0
	for i, document := range []*result.Document{a, b} {
		if document.Timeline == nil || len(document.Timeline.Samples) == 0 {
			missing++
			continue
		}
		if len(document.Timeline.Events) > 0 {
			s := eventsSection(string(rune('A'+i)), document.Timeline.Events)
			s.Wide = false
			p.Sections = append(p.Sections, s)
		}
	}
	switch missing {
	case 1:
		p.NoCluster = "One of the two runs has no record of the autoscaler: its lines are missing above."
	case 2:
		p.NoCluster = "Replicas, metric and events are missing: neither run recorded an autoscaler."
	}
	p.Footer = version()
	if err := render(w, p); err != nil {
		return fmt.Errorf("writing the comparison: %w", err)
	}
	return nil
}

// sentence sums up the table in words.
func (c Comparison) sentence(a, b *result.Document) string {
	text := fmt.Sprintf("A had %s over %s, B %s over %s", counted(a.Requests.Offered, "request", "requests"), seconds(a.Run.WindowSeconds),
		grouped(b.Requests.Offered), seconds(b.Run.WindowSeconds))
	if c.SameLoad {
		text += ", with one profile and one seed: the same requests at the same moments"
	}
	var differing []string
	for _, n := range c.Requests {
		if n.Differs() {
			differing = append(differing, "requests "+n.Name)
		}
	}
	for _, l := range c.Latency {
		if l.Differs() {
			differing = append(differing, l.Name)
		}
	}
	for _, n := range c.Unready {
		if n.Differs() {
			differing = append(differing, "requests "+n.Name)
		}
	}
	for _, l := range c.UnreadyLatency {
		if l.Differs() {
			differing = append(differing, l.Name+" of these")
		}
	}
	for _, v := range c.Reaction {
		if v.Differs() {
			differing = append(differing, v.Name)
		}
	}
	if len(differing) == 0 {
		return text + ". No difference is larger than chance explains."
	}
	return text + ". Differences larger than chance explains: " + strings.Join(differing, ", ") + "."
}
