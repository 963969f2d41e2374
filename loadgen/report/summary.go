// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"math"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/result"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/timeline"
)

const dateFormat = "2 January 2006, 15:04:05 UTC"

// describe puts the words and the tables of one run onto its page.
func describe(p *page, document *result.Document, again string) {
	run := document.Run
	reaction := ReactionOf(document)
	p.Title = "Load on " + targetName(run.Target)
	p.Where = fmt.Sprintf("POST %s · %s", run.Target, run.StartedAt.UTC().Format(dateFormat))
	p.Lead = []string{loadSentence(document), answerSentence(document)}
	for _, text := range []string{reactionSentence(document.Timeline, reaction), unreadySentence(document.Unready)} {
		if text != "" {
			p.Lead = append(p.Lead, text)
		}
	}
	for i := range p.Lead {
		p.Lead[i] = unbroken(p.Lead[i])
	}
	p.Warnings = warnings(document)
	p.Figures = figures(document, reaction)
	p.Sections = []section{latencySection(document), answersSection(document)}
	if reaction != nil {
		p.Sections = append(p.Sections, reactionSection(document.Timeline, reaction))
	}
	if document.Unready != nil {
		p.Sections = append(p.Sections, unreadySection(document))
	}
	p.Sections = append(p.Sections, parametersSection(document), repeatSection(document, again))
	if document.Timeline != nil && len(document.Timeline.Events) > 0 {
		p.Sections = append(p.Sections, eventsSection("", document.Timeline.Events))
	}
	if document.Timeline == nil || len(document.Timeline.Samples) == 0 {
		p.NoCluster = "Replicas, metric and events are missing: no autoscaler was recorded during this run. loadgen run records one if kubectl can reach its cluster (KUBECONFIG) and exactly one autoscaler there scales on the request rate."
	}
	p.Footer = fmt.Sprintf("Latency counts from the moment a request was due, so neither a stalled server nor a late generator can hide. Times are since the start of the run. Result schema %d. %s", document.SchemaVersion, version())
}

// version names the program that wrote the report.
func version() string {
	text := "Written by loadgen"
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return text + "."
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" && len(setting.Value) >= 12 {
			text += " " + setting.Value[:12]
		}
	}
	return text + ", " + info.GoVersion + "."
}

func targetName(target string) string {
	parsed, err := url.Parse(target)
	if err != nil || strings.Trim(parsed.Path, "/") == "" {
		return target
	}
	return strings.Trim(parsed.Path, "/")
}

// rates are those of a plan. The first and the last are instantaneous: the mean
// of a second of a falling rate is below what was asked for.
type rates struct {
	first, last, least, most float64
	paused                   int // seconds in which nothing was planned
}

// plannedRates returns those of the part that ran.
func plannedRates(document *result.Document) (r rates, err error) {
	sequence, err := document.Sequence()
	if err != nil {
		return r, err
	}
	end := min(document.Run.WindowSeconds, sequence.Duration().Seconds())
	r.first, r.last = sequence.Rate(0), sequence.Rate(math.Nextafter(end, 0))
	r.least, r.most = min(r.first, r.last), max(r.first, r.last)
	for _, second := range document.Seconds {
		r.most = max(r.most, second.ExpectedRate)
	}
	for _, rate := range sequence.ExpectedPerSecond()[:int(end)] { // whole seconds alone
		r.least = min(r.least, rate)
		if rate == 0 {
			r.paused++
		}
	}
	return r, nil
}

func loadSentence(document *result.Document) string {
	run, requests := document.Run, document.Requests
	planned, err := plannedRates(document)
	var shape string
	var kinds []string
	for _, segment := range run.Profile.Segments {
		kinds = append(kinds, segment.Profile)
	}
	kind := strings.Join(slices.Compact(kinds), ", then ")
	first, last, most := number(planned.first), number(planned.last), number(planned.most)
	switch {
	case err != nil || len(document.Seconds) == 0:
		shape = "the profile " + kind
	case number(planned.least) == most:
		shape = fmt.Sprintf("a constant rate of %s per second", first)
	case kind == "decay" && len(kinds) == 1:
		shape = fmt.Sprintf("a rate that decays from %s to %s per second", first, last)
	default:
		shape = fmt.Sprintf("the profile %s, which starts at %s, peaks at %s and ends at %s per second", kind, first, most, last)
		if planned.paused > 0 {
			shape += fmt.Sprintf(", with %s of pauses", seconds(float64(planned.paused)))
		}
	}
	text := fmt.Sprintf("%s were due over %s: a Poisson process with %s", counted(requests.Offered, "request", "requests"), seconds(run.WindowSeconds), shape)
	if run.ExpectedRequests > 0 && !run.Interrupted {
		text += fmt.Sprintf("; %s were expected", grouped(int64(run.ExpectedRequests+0.5)))
	}
	return text + "."
}

func answerSentence(document *result.Document) string {
	requests := document.Requests
	if requests.Sent == 0 {
		return "None was sent."
	}
	var text string
	others := requests.Completed - requests.Succeeded
	if requests.Succeeded == requests.Offered {
		text = "Every one was sent and answered with 2xx."
	} else {
		text = fmt.Sprintf("%s of those sent were answered with 2xx", percent(requests.Succeeded, requests.Sent))
		var parts []string
		if others > 0 {
			parts = append(parts, counted(others, "had another status", "had another status"))
		}
		if requests.Failed > 0 {
			parts = append(parts, counted(requests.Failed, "got no answer", "got no answer"))
		}
		if requests.Dropped > 0 {
			parts = append(parts, counted(requests.Dropped, "was dropped because too many were in flight", "were dropped because too many were in flight"))
		}
		if len(parts) > 0 {
			text += "; " + strings.Join(parts, ", ")
		}
		text += "."
	}
	if d := document.Latency; d != nil && d.Count() > 0 {
		text += fmt.Sprintf(" Half of the answers came within %s ms, 99 of 100 within %s ms.", measured(ms(d.Quantile(0.5))), measured(ms(d.Quantile(0.99))))
	}
	return text
}

func reactionSentence(line *timeline.Timeline, r *Reaction) string {
	if r == nil {
		return ""
	}
	before := counted(int64(r.Before), "replica", "replicas")
	switch {
	case r.Desired == nil && r.Ready == nil && r.Fewest < r.Before:
		return fmt.Sprintf("The autoscaler wanted no more than the %s at the start; at times %d were ready.", before, r.Fewest)
	case r.Desired == nil && r.Ready == nil && r.AtZero:
		return "The workload stayed at 0 replicas."
	case r.Desired == nil && r.Ready == nil:
		return fmt.Sprintf("The autoscaler stayed at %s.", before)
	}
	wanted, text := "The autoscaler wanted more replicas", ""
	if r.AtZero { // where an autoscaler is disabled
		wanted = "The workload was at 0 replicas: one was wanted"
	}
	switch {
	case r.Desired != nil && r.Ready != nil:
		text = fmt.Sprintf("%s %s after the first request, and the first one was ready %s later", wanted, seconds(*r.Desired), seconds(max(0, *r.Ready-*r.Desired)))
	case r.Desired != nil:
		text = fmt.Sprintf("%s %s after the first request; none became ready during the recording", wanted, seconds(*r.Desired))
	default:
		text = fmt.Sprintf("One more replica was ready %s after the first request", seconds(*r.Ready))
	}
	if r.MostAt != nil {
		text += fmt.Sprintf("; %d of at most %d were ready after %s", r.Most, line.MaxReplicas, seconds(*r.MostAt))
	}
	if r.Back != nil {
		text += fmt.Sprintf(". It was back at %s %s after the load", before, seconds(*r.Back))
	}
	return text + "."
}

// firstReplica names the first replica that was added.
func firstReplica(r *Reaction) string {
	if r.AtZero {
		return "First replica"
	}
	return "First extra replica"
}

func warnings(document *result.Document) []string {
	var out []string
	run, requests := document.Run, document.Requests
	if run.Interrupted {
		out = append(out, fmt.Sprintf("Interrupted after %s of %s: the numbers cover that part.", seconds(run.WindowSeconds), seconds(run.DurationSeconds)))
	}
	if requests.Dropped > 0 {
		out = append(out, fmt.Sprintf("%s of the load was never sent: the server got less than was planned.", percent(requests.Dropped, requests.Offered)))
	}
	if requests.Sent > 0 && requests.Late*100 > requests.Sent {
		out = append(out, fmt.Sprintf("%s of the requests were sent more than %s ms late: the generator's machine was busy, and latencies include that.", percent(requests.Late, requests.Sent), number(run.LateAfterMS)))
	}
	return out
}

func figures(document *result.Document, reaction *Reaction) []figure {
	requests := document.Requests
	out := []figure{
		{"Requests due", grouped(requests.Offered), "", number(document.Rates.Offered) + " per second"},
		{"Answered with 2xx", percent(requests.Succeeded, requests.Sent), "", grouped(requests.Succeeded) + " of " + grouped(requests.Sent) + " sent"},
		{"No answer", grouped(requests.Failed), "", grouped(requests.Dropped) + " dropped"},
	}
	if d := document.Latency; d != nil && d.Count() > 0 {
		out = append(out,
			figure{"Latency p50", measured(ms(d.Quantile(0.5))), "ms", "p90 " + measured(ms(d.Quantile(0.9))) + " ms"},
			figure{"Latency p99", measured(ms(d.Quantile(0.99))), "ms", "max " + measured(ms(d.Max())) + " ms"})
	}
	if reaction != nil {
		f := figure{Name: firstReplica(reaction), Value: "none", Note: "in the recorded time"}
		if reaction.Ready != nil {
			f.Value, f.Unit, f.Note = seconds(*reaction.Ready), "", fmt.Sprintf("%d to %d replicas", reaction.Before, reaction.Most)
		}
		out = append(out, f)
	} else {
		out = append(out, figure{"Received", byteCount(document.BytesReceived), "", "bodies only"})
	}
	return out
}
