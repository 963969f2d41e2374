// SPDX-License-Identifier: Apache-2.0

package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/measure"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/result"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/timeline"
)

func repeatSection(document *result.Document, text string) section {
	switch {
	case text == "":
		return section{Title: "Do it again", Text: "loadgen run has no arguments for these requests: a program sent them through loadgen's packages. " +
			"With profile and seed, the packages send the same requests at the same moments."}
	case len(document.Run.Parts) > 1:
		return section{
			Title: "Do it again", Command: &command{ID: "command", Text: text},
			Text: "The seeds give the same requests at the same moments. Each line is one generator; start them together and merge their results.",
		}
	}
	return section{Title: "Do it again", Text: "The seed gives the same requests at the same moments.", Command: &command{ID: "command", Text: text}}
}

func latencySection(document *result.Document) section {
	t := &table{Caption: "Percentiles in milliseconds", Head: []string{"ms", "latency", "of 2xx", "send delay"}}
	add := func(name string, of func(*measure.Distribution) time.Duration) {
		cells := []string{name}
		for _, d := range []*measure.Distribution{document.Latency, document.SuccessLatency, document.SendDelay} {
			if d == nil || d.Count() == 0 {
				cells = append(cells, "–")
				continue
			}
			cells = append(cells, measured(ms(of(d))))
		}
		t.Rows = append(t.Rows, cells)
	}
	add("min", (*measure.Distribution).Min)
	add("mean", (*measure.Distribution).Mean)
	for _, quantile := range quantiles {
		add(quantile.name, func(d *measure.Distribution) time.Duration { return d.Quantile(quantile.q) })
	}
	add("max", (*measure.Distribution).Max)
	return section{Title: "Latency", Table: t, Note: "Send delay is the generator's own error, from due to sent; latency includes it."}
}

func answersSection(document *result.Document) section {
	requests := document.Requests
	t := &table{Caption: "How requests ended", Head: []string{"outcome", "requests", "of those due", "example"}, TextColumns: map[int]bool{3: true}}
	for _, status := range slices.Sorted(maps.Keys(document.Statuses)) {
		n := document.Statuses[status]
		t.Rows = append(t.Rows, []string{fmt.Sprint(status), grouped(n), percent(n, requests.Offered), ""})
	}
	for _, kind := range slices.Sorted(maps.Keys(document.Errors)) {
		e := document.Errors[kind]
		t.Rows = append(t.Rows, []string{strings.ReplaceAll(string(kind), "_", " "), grouped(e.Count), percent(e.Count, requests.Offered), e.Example})
	}
	if requests.Dropped > 0 {
		t.Rows = append(t.Rows, []string{"dropped", grouped(requests.Dropped), percent(requests.Dropped, requests.Offered), ""})
	}
	t.Rows = append(t.Rows, []string{"due", grouped(requests.Offered), percent(requests.Offered, requests.Offered), ""})
	if len(document.Errors) == 0 {
		t.Head = t.Head[:3]
		for i := range t.Rows {
			t.Rows[i] = t.Rows[i][:3]
		}
	}
	return section{Title: "Answers", Table: t, Note: fmt.Sprintf("%s received in bodies, %s sent. %s more than %s ms late.", byteCount(document.BytesReceived), byteCount(document.BytesSent), counted(requests.Late, "request left", "requests left"), number(document.Run.LateAfterMS))}
}

func reactionSection(line *timeline.Timeline, r *Reaction) section {
	when := func(v *float64) string {
		if v == nil {
			return "not seen"
		}
		return seconds(*v)
	}
	period := "not recorded"
	if line.SyncPeriod > 0 {
		period = seconds(line.SyncPeriod)
	}
	return section{Title: "Reaction", Facts: []fact{
		{firstReplica(r) + " desired", when(r.Desired)},
		{firstReplica(r) + " ready", when(r.Ready)},
		{"Ready before, most ready", fmt.Sprintf("%d, %d", r.Before, r.Most)},
		{"Most ready after", when(r.MostAt)},
		{"Back after the load's end", when(r.Back)},
		{"Autoscaler", line.Namespace + "/" + line.HPA},
		{"Scales", cmp.Or(line.Deployment, "–")},
		{"Metric and target", fmt.Sprintf("%s, %s", line.Metric, number(line.Target))},
		{"Limits", fmt.Sprintf("%d to %d replicas", line.MinReplicas, line.MaxReplicas)},
		{"Sync period", period},
	}, Note: "Counted from the first request. Observed by a watch: the time that Kubernetes took to report it is included."}
}

func parametersSection(document *result.Document) section {
	run := document.Run
	facts := []fact{{"Target", run.Target}}
	for i, segment := range run.Profile.Segments {
		name := "Profile"
		if len(run.Profile.Segments) > 1 {
			name = fmt.Sprintf("Profile, part %d", i+1)
		}
		facts = append(facts, fact{name, segmentText(segment)})
	}
	facts = append(facts,
		fact{"Duration", seconds(run.DurationSeconds)},
		fact{"Seed", seeds(run)},
		fact{"At most in flight", grouped(int64(run.MaxInFlight))},
		fact{"Timeout", seconds(run.TimeoutSeconds)},
		fact{"Started", run.StartedAt.UTC().Format(time.RFC3339)},
		fact{"Ended", fmt.Sprintf("after %s, including the last answers", seconds(run.ElapsedSeconds))},
	)
	if run.Generators > 1 {
		facts = append(facts, fact{"Generators", fmt.Sprintf("%d, results merged", run.Generators)})
	}
	return section{Title: "Parameters", Facts: facts}
}

func seeds(run result.Run) string {
	texts := make([]string, len(run.Parts))
	for i, part := range run.Parts {
		texts[i] = fmt.Sprint(part.Seed)
	}
	return strings.Join(texts, ", ")
}

func segmentText(segment result.Segment) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(segment.Parameters)) {
		parts = append(parts, fmt.Sprintf("%s %s", strings.ReplaceAll(name, "_", " "), strconv.FormatFloat(segment.Parameters[name], 'f', -1, 64)))
	}
	return segment.Profile + ": " + strings.Join(append(parts, "duration "+seconds(segment.DurationSeconds)), ", ")
}

func eventsSection(label string, events []timeline.Event) section {
	s := section{Title: "Events", Wide: true}
	if label != "" {
		s.Title += " of " + label
	}
	for _, event := range events {
		s.Events = append(s.Events, eventRow{
			Second: int(event.T), Time: clock(event.T), Reason: event.Reason, Message: event.Message, Object: event.Object,
			Warning: event.Type == "Warning",
		})
	}
	return s
}
