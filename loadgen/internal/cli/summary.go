// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/internal/draw"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/measure"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/result"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/timeline"
)

// summary is what a person reads when a run is over: blocks of aligned columns,
// and lines that appear only when there is something to say.
func summary(doc *result.Document, style draw.Style, width int, written []output) string {
	s := summarizer{doc: doc, width: width}
	s.head()
	s.requests()
	s.outcomes()
	s.percentiles()
	s.autoscaler()
	s.foot(written)
	var b strings.Builder
	for _, l := range s.lines {
		b.WriteString(l.Text(style, 0) + "\n")
	}
	return b.String()
}

type summarizer struct {
	doc   *result.Document
	width int
	lines []draw.Line
}

// line adds one line and returns it.
func (s *summarizer) line() *draw.Line {
	s.lines = append(s.lines, draw.Line{})
	return &s.lines[len(s.lines)-1]
}

// table begins a block: a blank line and a heading.
func (s *summarizer) table(name string, width int, columns ...string) {
	s.line()
	l := s.line().Addf(draw.Strong, "%-*s", width, name)
	for _, column := range columns {
		l.Addf(draw.Faint, "%s", column)
	}
}

func (s *summarizer) head() {
	run := s.doc.Run
	s.line().Add(draw.Strong, "POST "+run.Target)
	sequence, err := s.doc.Sequence()
	var segments []string
	if err == nil {
		for _, segment := range sequence.Segments() {
			segments = append(segments, fmt.Sprintf("%-8s  %s for %s", segment.Kind(), segment.Describe(), seconds(segment.Duration)))
		}
	}
	const most = 8
	for _, text := range segments[:min(len(segments), most)] {
		s.line().Add(draw.Plain, text)
	}
	if len(segments) > most {
		s.line().Addf(draw.Plain, "          and %d more segments", len(segments)-most)
	}
	l := s.line().Addf(draw.Faint, "seed %d: %.1f requests expected", run.Seed, run.ExpectedRequests)
	if run.Generators > 1 {
		l.Addf(draw.Faint, " of %d generators", run.Generators)
	}
	if run.Interrupted {
		s.line().Addf(draw.Warning, "INTERRUPTED after %s s: the numbers cover what ran", plain(run.WindowSeconds))
	}
}

func (s *summarizer) requests() {
	s.table("requests", 20, fmt.Sprintf("%10s", "count"), fmt.Sprintf("%12s", "per second"))
	rated := func(name string, count int64, rate float64) {
		s.line().Addf(draw.Plain, "  %-18s%10d%12.2f", name, count, rate)
	}
	counted := func(name string, count int64, tone draw.Tone) {
		if count == 0 {
			tone = draw.Plain
		}
		s.line().Addf(draw.Plain, "  %-18s", name).Addf(tone, "%10d", count)
	}
	c, r := s.doc.Requests, s.doc.Rates
	rated("offered", c.Offered, r.Offered)
	rated("sent", c.Sent, r.Sent)
	rated("answered", c.Completed, r.Achieved)
	counted("failed", c.Failed, draw.Bad)
	counted("dropped", c.Dropped, draw.Bad)
	if c.Late > 0 {
		counted("over "+plain(s.doc.Run.LateAfterMS)+"ms late", c.Late, draw.Warning)
	}
}

func (s *summarizer) outcomes() {
	sent := s.doc.Requests.Sent
	if sent == 0 {
		return
	}
	share := func(count int64) float64 { return 100 * float64(count) / float64(sent) }
	s.table("outcomes", 20, fmt.Sprintf("%10s", "count"), fmt.Sprintf("%12s", "% of sent"))
	for _, status := range slices.Sorted(maps.Keys(s.doc.Statuses)) {
		tone := draw.Good
		if status < 200 || status > 299 {
			tone = draw.Bad
		}
		count := s.doc.Statuses[status]
		s.line().Addf(tone, "  %-18d", status).Addf(draw.Plain, "%10d%12.2f", count, share(count))
	}
	for _, kind := range slices.Sorted(maps.Keys(s.doc.Errors)) {
		e := s.doc.Errors[kind]
		l := s.line().Addf(draw.Bad, "  %-18s", kind).Addf(draw.Plain, "%10d%12.2f", e.Count, share(e.Count))
		if l.Width()+3+len(e.Example) > s.width { // below it, where there is more room
			s.line().Add(draw.Faint, "    "+e.Example)
		} else {
			l.Add(draw.Faint, "   "+e.Example)
		}
	}
}

func (s *summarizer) percentiles() {
	if s.doc.Latency.Count()+s.doc.SendDelay.Count() == 0 {
		return
	}
	type column struct {
		name  string
		value func(*measure.Distribution) time.Duration
	}
	at := func(q float64) func(*measure.Distribution) time.Duration {
		return func(d *measure.Distribution) time.Duration { return d.Quantile(q) }
	}
	columns := []column{
		{"min", (*measure.Distribution).Min}, {"p50", at(0.5)}, {"p90", at(0.9)}, {"p95", at(0.95)},
		{"p99", at(0.99)}, {"p99.9", at(0.999)}, {"max", (*measure.Distribution).Max},
	}
	const cell = 9
	if s.width < 13+cell*len(columns) {
		columns = []column{columns[0], columns[1], columns[2], columns[4], columns[6]}
	}
	var names []string
	for _, c := range columns {
		names = append(names, fmt.Sprintf("%*s", cell, c.name))
	}
	s.table("milliseconds", 13, names...)
	row := func(name string, d *measure.Distribution) {
		if d.Count() == 0 {
			return
		}
		l := s.line().Addf(draw.Plain, "  %-11s", name)
		for _, c := range columns {
			l.Addf(draw.Plain, "%*s", cell, milliseconds(c.value(d)))
		}
	}
	row("latency", s.doc.Latency)
	if s.doc.SuccessLatency.Count() != s.doc.Latency.Count() {
		row("latency 2xx", s.doc.SuccessLatency)
	}
	if u := s.doc.Unready; u != nil && u.Offered > 0 {
		row("none ready", u.Latency)
		row("ready", u.Rest)
	}
	row("send delay", s.doc.SendDelay)
}

// milliseconds keeps a column of nine characters: fewer decimals for more digits.
func milliseconds(d time.Duration) string {
	ms := float64(d) / float64(time.Millisecond)
	if ms >= 10_000 {
		return strconv.FormatFloat(ms, 'f', 0, 64)
	}
	return strconv.FormatFloat(ms, 'f', 2, 64)
}

// autoscaler says how the replicas followed the load, if that was recorded.
func (s *summarizer) autoscaler() {
	line := s.doc.Timeline
	if line == nil || len(line.Samples) == 0 {
		return
	}
	r := reactionOf(line)
	s.line()
	s.line().Addf(draw.Strong, "%-20s", "autoscaler").
		Addf(draw.Faint, "%s/%s on %s", line.Namespace, line.HPA, line.Metric)
	l := s.line().Addf(draw.Plain, "  %-18s%d", "replicas ready", r.first)
	if r.most != r.first || r.last != r.first || r.fewest != r.first {
		l.Add(draw.Plain, " at the start")
		if r.fewest < min(r.first, r.last) {
			l.Addf(draw.Plain, ", %d at least", r.fewest)
		}
		l.Addf(draw.Plain, ", %d at most, %d at the end", r.most, r.last)
	} else {
		l.Add(draw.Plain, " all the time")
	}
	l.Addf(draw.Faint, " (%d to %d allowed)", line.MinReplicas, line.MaxReplicas)
	if r.wantedAfter != nil {
		name := "first extra one"
		if r.atZero {
			name = "first one"
		}
		l := s.line().Addf(draw.Plain, "  %-18swanted after %.1f s", name, *r.wantedAfter)
		if r.readyAfter != nil {
			l.Addf(draw.Plain, ", ready after %.1f s", *r.readyAfter)
		} else {
			l.Add(draw.Warning, ", not ready before the end")
		}
	}
	s.unready()
	if r.highest != nil {
		s.line().Addf(draw.Plain, "  %-18s%s per replica at most, target %s", "metric", draw.Rate(*r.highest), draw.Rate(line.Target))
	}
}

// unready counts the requests that found no replica, and says how long the first
// of them waited for one.
func (s *summarizer) unready() {
	u := s.doc.Unready
	if u == nil {
		return
	}
	times := "once"
	if len(u.Gaps) > 1 {
		times = fmt.Sprintf("%d times", len(u.Gaps))
	}
	due := "requests"
	if u.Offered == 1 {
		due = "request"
	}
	l := s.line().Addf(draw.Plain, "  %-18s%s, %.1f s in all, %d %s due meanwhile", "none ready", times, u.TotalSeconds, u.Offered, due)
	var waits []float64
	for _, gap := range u.Gaps {
		if gap.ReadyAfter != nil {
			waits = append(waits, *gap.ReadyAfter)
		}
	}
	if len(waits) == 0 {
		return
	}
	least, most := fmt.Sprintf("%.1f", slices.Min(waits)), fmt.Sprintf("%.1f", slices.Max(waits))
	text := least + " s"
	if most != least {
		text = least + " to " + most + " s"
	}
	if text = " ready " + text + " after the first"; l.Add(draw.Plain, ",").Width()+len(text) > s.width { // below it
		l = s.line().Addf(draw.Plain, "  %-17s", "")
	}
	l.Add(draw.Plain, text)
}

// reaction is how an autoscaler reacted to a run.
type reaction struct {
	first, fewest, most, last int  // replicas ready
	atZero                    bool // at the start
	wantedAfter, readyAfter   *float64
	highest                   *float64 // value of the metric
}

func reactionOf(line *timeline.Timeline) reaction {
	start := line.Samples[0]
	r := reaction{first: start.Ready, fewest: start.Ready, most: start.Ready, last: line.Samples[len(line.Samples)-1].Ready, atZero: start.Wanted() == 0}
	for _, sample := range line.Samples {
		at := sample.T
		r.fewest, r.most = min(r.fewest, sample.Ready), max(r.most, sample.Ready)
		if sample.Wanted() > start.Wanted() && r.wantedAfter == nil {
			r.wantedAfter = &at
		}
		if sample.Ready > start.Ready && r.readyAfter == nil && r.wantedAfter != nil {
			r.readyAfter = &at
		}
		if sample.Metric != nil && (r.highest == nil || *sample.Metric > *r.highest) {
			r.highest = sample.Metric
		}
	}
	return r
}

func (s *summarizer) foot(written []output) {
	s.line()
	s.line().Addf(draw.Faint, "elapsed %s s, received %s, sent %s", plain(s.doc.Run.ElapsedSeconds), size(s.doc.BytesReceived), size(s.doc.BytesSent))
	for _, file := range written {
		s.line().Addf(draw.Faint, "%-8s", file.what).Add(draw.Plain, file.path)
	}
}

func size(bytes int64) string {
	switch {
	case bytes >= 1e9:
		return fmt.Sprintf("%.1f GB", float64(bytes)/1e9)
	case bytes >= 1e6:
		return fmt.Sprintf("%.1f MB", float64(bytes)/1e6)
	case bytes >= 1e3:
		return fmt.Sprintf("%.1f kB", float64(bytes)/1e3)
	}
	return fmt.Sprintf("%d bytes", bytes)
}
