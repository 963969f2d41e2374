// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/engine"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/measure"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/result"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/schedule"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/timeline"
)

// sleeper is a workload at zero that three bursts of 20 requests per second
// wake: a pod exists 0.2 s after the first request, and is ready after wakes.
// Requests due before that are answered then, the others within 2 ms.
type sleeper struct {
	seed  uint64
	wakes time.Duration
	awake bool // from the start
}

const sleeperProfile = "step:rates=20/0/20/0/20,every=60"

func (s sleeper) document(t testing.TB) *result.Document {
	t.Helper()
	sequence, err := schedule.Parse(sleeperProfile)
	if err != nil {
		t.Fatal(err)
	}
	arrivals, err := schedule.NewPoisson(sequence, sequence.Duration(), s.seed)
	if err != nil {
		t.Fatal(err)
	}
	started := time.Date(2026, 11, 23, 20, 58, 41, 0, time.UTC)
	r := &measure.Result{
		Target: "http://localhost:80/heavywork", StartedAt: started, Window: sequence.Duration(), Elapsed: sequence.Duration(),
		Statuses: map[int]int64{}, Errors: map[measure.ErrorKind]measure.ErrorCount{},
		Latency: measure.NewDistribution(), SuccessLatency: measure.NewDistribution(), SendDelay: measure.NewDistribution(),
	}
	for range int(sequence.Duration() / time.Second) {
		r.Seconds = append(r.Seconds, measure.NewSecond())
	}
	half, load := 0.5, 20.0
	line := &timeline.Timeline{StartedAt: started, Autoscaler: timeline.Autoscaler{
		Namespace: "app", HPA: "heavywork", Deployment: "heavywork", Metric: "heavywork_requests_per_second", Target: 10, MinReplicas: 1, MaxReplicas: 5, SyncPeriod: 1,
	}, Samples: []timeline.Sample{{T: 0, Desired: 1}}} // the 1 is from before it went to zero
	if s.awake {
		line.Samples = []timeline.Sample{{T: 0, Desired: 1, Replicas: 1, Ready: 1, Metric: &half}}
	}
	burst, ready := -1, time.Duration(0)
	for at := range arrivals.Arrivals() {
		if now := int(at / (2 * time.Minute)); now != burst {
			burst, ready = now, at
			if !s.awake || burst > 0 {
				ready = at + s.wakes
				line.Samples = append(line.Samples,
					timeline.Sample{T: (at + 200*time.Millisecond).Seconds(), Replicas: 1},
					timeline.Sample{T: ready.Seconds(), Replicas: 1, Ready: 1, Metric: &load})
			}
			end := 120*float64(burst) + 60
			line.Samples = append(line.Samples,
				timeline.Sample{T: end - 50, Desired: 2, Replicas: 2, Ready: 2, Metric: &load},
				timeline.Sample{T: end + 20, Desired: 1, Replicas: 1, Ready: 1, Metric: &half},
				timeline.Sample{T: end + 30, Desired: 1}, timeline.Sample{T: end + 31})
		}
		took := max(ready-at, 0) + 2*time.Millisecond
		due, done := &r.Seconds[int(at/time.Second)], &r.Seconds[int((at+took)/time.Second)]
		due.Offered++
		due.Sent++
		due.Latency.Record(took)
		r.Latency.Record(took)
		r.SuccessLatency.Record(took)
		r.SendDelay.Record(0)
		done.Completed++
		done.Succeeded++
		done.Classes["2xx"]++
		r.Statuses[202]++
	}
	for _, second := range r.Seconds {
		r.Counts.Add(second.Counts())
	}
	return result.New(r, result.Plan{Sequence: sequence, Seed: s.seed, MaxInFlight: engine.DefaultMaxInFlight, Timeout: engine.DefaultTimeout}, line)
}

var asleep = sleeper{seed: 5, wakes: 1500 * time.Millisecond}

func shownText(html string) string {
	text := regexp.MustCompile(`<[^>]*>`).ReplaceAllString(html, " ")
	return regexp.MustCompile(`[\s\x{a0}]+`).ReplaceAllString(text, " ")
}

func TestTheReportOfAWorkloadAtZero(t *testing.T) {
	document := asleep.document(t)
	u := document.Unready
	html := written(t, document)
	text := shownText(html)
	for _, want := range []string{
		"a Poisson process with the profile step, which starts at 20, peaks at 20 and ends at 20 per second, with 2 min of pauses",
		"Every one was sent and answered with 2xx.",
		"The workload was at 0 replicas: one was wanted 0.2 s after the first request, and the first one was ready 1.3 s later; 2 of at most 5 were ready after 9.9 s. It was back at 0 replicas 30 s after the load.",
		fmt.Sprintf("No replica was ready 4 times, for 1 min 6 s in all; %d requests were due meanwhile. Of these, half of the answers came within %s ms, 99 of 100 within %s ms, all within 1,502 ms. "+
			"Of the others, half of the answers came within 2.00 ms, 99 of 100 within 2.00 ms, all within 2.00 ms.", u.Offered, measured(ms(u.Latency.Quantile(0.5))), measured(ms(u.Latency.Quantile(0.99)))),
		"First replica ready 1.5 s",
		fmt.Sprintf("requests %d %s", u.Offered, grouped(document.Requests.Offered-u.Offered)),
		"max 1,502 2.00",
		fmt.Sprintf("1:30 to 2:01 %d requests, a replica 1.5 s after the first", u.Gaps[1].Offered),
		"5:30 to 5:31 0 requests ",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the report does not say %q", want)
		}
	}
	if strings.Contains(html, `class="warning" role`) {
		t.Error("the report warns of something")
	}
	if strings.Contains(shownText(written(t, benchmark.document(t))), "No replica was ready") {
		t.Error("a run with replicas has no section of its own about none")
	}
}

// The old value in the autoscaler's status is not a replica that is wanted at
// zero.
func TestZeroIsZeroInTheCharts(t *testing.T) {
	document := asleep.document(t)
	cluster := newRunData(document).Cluster
	if want := []int{0, 1, 1, 2, 1, 0, 0, 1, 1, 2, 1, 0, 0, 1, 1, 2, 1, 0, 0}; !slices.Equal(cluster.Desired, want) {
		t.Errorf("desired %v, want %v", cluster.Desired, want)
	}
	if want := []int{0, 0, 1, 2, 1, 0, 0, 0, 1, 2, 1, 0, 0, 0, 1, 2, 1, 0, 0}; !slices.Equal(cluster.Ready, want) {
		t.Errorf("ready %v, want %v", cluster.Ready, want)
	}
	if document.Timeline.Samples[0].Desired != 1 {
		t.Error("the result has another number than was recorded")
	}
}

func TestReactionFromZero(t *testing.T) {
	document := asleep.document(t)
	r := ReactionOf(document)
	if r.Before != 0 || !r.AtZero || *r.Desired != 0.2 || *r.Ready != 1.5 || r.Most != 2 || *r.Back != 30 {
		t.Errorf("reaction %+v: desired %g, ready %g, back %g; want from 0, 0.2, 1.5, 30", r, *r.Desired, *r.Ready, *r.Back)
	}
	// Without the arrivals, it counts from the second of the first request.
	document.Unready = nil
	if r := ReactionOf(document); *r.Ready < 1.5 || *r.Ready > 2.5 {
		t.Errorf("ready after %g s, want 1.5 and up to a second", *r.Ready)
	}
	document.Timeline.Samples = document.Timeline.Samples[:1]
	if r, text := ReactionOf(document), "The workload stayed at 0 replicas."; reactionSentence(document.Timeline, r) != text || firstReplica(r) != "First replica" {
		t.Errorf("it says %q", reactionSentence(document.Timeline, r))
	}
}

// Going from one replica to zero and back is not the same as staying at one.
func TestDownToZeroAndBackIsSaid(t *testing.T) {
	document := sleeper{seed: 5, wakes: time.Second, awake: true}.document(t)
	document.Timeline.Samples = slices.DeleteFunc(document.Timeline.Samples, func(s timeline.Sample) bool { return s.Ready > 1 })
	got := reactionSentence(document.Timeline, ReactionOf(document))
	if want := "The autoscaler wanted no more than the 1 replica at the start; at times 0 were ready."; got != want {
		t.Errorf("it says %q, want %q", got, want)
	}
}

func TestRunsAtZeroAreCompared(t *testing.T) {
	a, b := asleep.document(t), sleeper{seed: 5, wakes: 4 * time.Second}.document(t)
	c := Compare(a, b)
	if len(c.Unready) != 1 || c.Unready[0].A != a.Unready.Offered || c.Unready[0].B != b.Unready.Offered || !c.Unready[0].Differs() {
		t.Fatalf("requests that waited are %+v, want %d and %d", c.Unready, a.Unready.Offered, b.Unready.Offered)
	}
	if p50 := c.UnreadyLatency[0]; p50.Name != "p50" || !p50.Differs() || p50.B.Value < 1500 {
		t.Errorf("their latency %+v", c.UnreadyLatency)
	}
	for _, counts := range [][]Count{c.Requests, c.Statuses, c.Errors} {
		for _, n := range counts {
			if n.Differs() {
				t.Errorf("%+v differs: a request that waits is not an error", n)
			}
		}
	}
	if v := c.Reaction[1]; *v.A != 1.5 || *v.B != 4 {
		t.Errorf("%s: %g and %g s, want 1.5 and 4", v.Name, *v.A, *v.B)
	}
	text := c.String()
	for _, want := range []string{"While no replica was ready", "due while none was ready", "Latency of these, milliseconds"} {
		if !strings.Contains(text, want) {
			t.Errorf("the table lacks %q:\n%s", want, text)
		}
	}
	if lead := shownText(written(t, a, b)); !strings.Contains(lead, "requests due while none was ready, p50 of these") {
		t.Error("the page does not say what differs")
	}

	alone := benchmark.document(t)
	if c := Compare(a, alone); len(c.Unready) != 1 || c.Unready[0].B != 0 || c.UnreadyLatency[0].B != nil {
		t.Errorf("compared with a run without an autoscaler: %+v", c.Unready)
	}
	unwatched := asleep.document(t)
	unwatched.Timeline, unwatched.Unready = nil, nil
	unknown := asleep.document(t)
	unknown.Unready = nil
	for name, other := range map[string]*result.Document{"not watched": unwatched, "not known": unknown} {
		if c := Compare(a, other); len(c.Unready)+len(c.UnreadyLatency) != 0 {
			t.Errorf("%s: %+v", name, c.Unready)
		}
	}
	if c := Compare(alone, alone); len(c.Unready)+len(c.UnreadyLatency) != 0 {
		t.Errorf("two runs with replicas: %+v", c.Unready)
	}
}
