// SPDX-License-Identifier: Apache-2.0

package result

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/measure"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/schedule"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/timeline"
)

// Two bursts with a pause. The workload is at zero when the first one begins
// and in the pause. A request that arrives then waits.
const bursts = "constant:rate=40,duration=10;constant:rate=0,duration=20;constant:rate=40,duration=10"

var gaps = [][2]float64{{0, 1.62}, {17.4, 31.3}, {35.25, 35.75}, {39.9, 42}}

func asleep() *timeline.Timeline {
	l := line()
	l.Samples, l.Events = nil, nil
	for _, gap := range gaps {
		l.Samples = append(l.Samples, timeline.Sample{T: gap[0]}, timeline.Sample{T: gap[1] - 0.2, Replicas: 1}, timeline.Sample{T: gap[1], Desired: 1, Replicas: 1, Ready: 1})
	}
	return l
}

// waits returns the outcome of a request: it is answered 2 ms after a replica
// is ready.
func waits(due time.Duration) request {
	q := request{due: due, took: 2 * time.Millisecond, status: 202}
	for _, gap := range gaps {
		if t := due.Seconds(); t >= gap[0] && t < gap[1] {
			q.took += time.Duration((gap[1] - t) * 1e9)
		}
	}
	return q
}

func burstPlan(t testing.TB, scale float64, seed uint64) Plan {
	t.Helper()
	return Plan{Sequence: sequence(t, bursts).Scale(scale), Seed: seed, MaxInFlight: 60, Timeout: 30 * time.Second}
}

// arriving returns the requests of a generator that starts later than the others.
func arriving(t testing.TB, p Plan, later time.Duration) (requests []request) {
	t.Helper()
	arrivals, err := schedule.NewPoisson(p.Sequence, p.Sequence.Duration(), p.Seed)
	if err != nil {
		t.Fatal(err)
	}
	for at := range arrivals.Arrivals() {
		q := waits(at + later)
		q.due = at
		requests = append(requests, q)
	}
	return requests
}

// waited returns the document of such a load.
func waited(t testing.TB) *Document {
	t.Helper()
	p := burstPlan(t, 1, 11)
	return New(recorded(arriving(t, p, 0), noon, 40*time.Second, 42*time.Second), p, asleep())
}

func thatWaited(requests []request) (count int64) {
	for _, q := range requests {
		if q.took > 2*time.Millisecond {
			count++
		}
	}
	return count
}

// wantUnready compares with the requests themselves, which a document does not have.
func wantUnready(t *testing.T, got *Unready, requests []request) {
	t.Helper()
	if got == nil || len(got.Gaps) != len(gaps) {
		t.Fatalf("unready is %+v, want %d gaps", got, len(gaps))
	}
	waiting, rest := measure.NewDistribution(), measure.NewDistribution()
	counts, first := make([]int64, len(gaps)), make([]float64, len(gaps))
	for _, q := range requests {
		into := rest
		for i, gap := range gaps {
			if due := q.due.Seconds(); due >= gap[0] && due < gap[1] {
				into = waiting
				if counts[i] == 0 || due < first[i] {
					first[i] = due
				}
				counts[i]++
			}
		}
		into.Record(q.took)
	}
	for name, pair := range map[string][2]*measure.Distribution{"waiting": {got.Latency, waiting}, "the rest": {got.Rest, rest}} {
		if pair[0].Count() != pair[1].Count() {
			t.Errorf("%s: %s, want %s", name, pair[0], pair[1])
			continue
		}
		for q := 0.01; q <= 1; q += 0.01 {
			// Each value is rounded twice: when it is split off, and when it is
			// merged again.
			if a, b := pair[0].Quantile(q), pair[1].Quantile(q); (a - b).Abs() > b/400+time.Microsecond {
				t.Errorf("%s: quantile %g is %s, want %s", name, q, a, b)
			}
		}
	}
	if got.Offered != waiting.Count() || got.Offered < 50 || got.TotalSeconds != 18.12 {
		t.Errorf("%d requests in %g s, want %d in 18.12", got.Offered, got.TotalSeconds, waiting.Count())
	}
	for i, gap := range got.Gaps {
		if gap.From != gaps[i][0] || gap.To != gaps[i][1] || gap.Offered != counts[i] ||
			gap.ReadyAfter == nil || (*gap.ReadyAfter-(gap.To-first[i])) > 0.0011 || (*gap.ReadyAfter-(gap.To-first[i])) < -0.0011 {
			t.Errorf("gap %d is %+v, want %v with %d requests, the first at %g", i, gap, gaps[i], counts[i], first[i])
		}
	}
}

func TestRequestsThatWaitedAreToldFromTheOthers(t *testing.T) {
	wantUnready(t, waited(t).Unready, arriving(t, burstPlan(t, 1, 11), 0))
}

// Older files have no such field, and its value in a file is not used.
func TestUnreadyFollowsFromTheRest(t *testing.T) {
	document := waited(t)
	want := written(t, document)
	for name, unready := range map[string]*Unready{"absent": nil, "wrong": {Latency: measure.NewDistribution(), Rest: measure.NewDistribution()}} {
		changed := *document
		changed.Unready = unready
		if got := written(t, reread(t, &changed)); got != want {
			t.Errorf("%s: %s\nwant %s", name, firstDifference(got, want), firstDifference(want, got))
		}
	}
}

// Three generators, two of which start later, one not by whole seconds.
func TestUnreadyOfSeveralGenerators(t *testing.T) {
	var documents []*Document
	var all []request
	for i, later := range []time.Duration{0, time.Second, 1500 * time.Millisecond} {
		p := burstPlan(t, 0.5, uint64(i))
		requests := arriving(t, p, later)
		all = append(all, requests...)
		var l *timeline.Timeline
		if i == 0 {
			l = asleep()
		}
		documents = append(documents, New(recorded(requests, noon.Add(later), 40*time.Second, 42*time.Second), p, l))
	}
	merged := mustMerge(t, documents...)
	u, want := merged.Unready, thatWaited(all)
	if u == nil || u.Offered != want || u.Latency.Count() != want || u.Latency.Count()+u.Rest.Count() != int64(len(all)) {
		t.Fatalf("unready is %+v, want %d of %d requests", u, want, len(all))
	}
	if got := written(t, mustMerge(t, mustMerge(t, documents[0], documents[2]), documents[1])); got != written(t, merged) {
		t.Error("the order of merging makes a difference")
	}
}

func TestUnreadyOfAnInterruptedRun(t *testing.T) {
	p := burstPlan(t, 1, 11)
	for _, of := range []struct {
		window time.Duration
		unsent int // requests of the last second that were due, but not sent before the signal
	}{{31437 * time.Millisecond, 0}, {31437 * time.Millisecond, 1}, {15437 * time.Millisecond, 0}} {
		requests := slices.DeleteFunc(arriving(t, p, 0), func(q request) bool { return q.due >= of.window })
		requests = requests[:len(requests)-of.unsent]
		r := recorded(requests, noon, of.window, of.window)
		r.Interrupted = true
		u, want := New(r, p, asleep()).Unready, thatWaited(requests)
		if u == nil || u.Offered != want || u.Latency.Count() != want || u.Gaps[2].Offered != 0 || u.Gaps[2].ReadyAfter != nil {
			t.Errorf("%+v: unready is %+v, want %d requests", of, u, want)
		}
	}
}

func TestARunThatEndsAtZero(t *testing.T) {
	p, l := burstPlan(t, 1, 11), asleep()
	l.Samples = l.Samples[:len(l.Samples)-1]
	u := New(recorded(arriving(t, p, 0), noon, 40*time.Second, 42*time.Second), p, l).Unready
	if last := u.Gaps[3]; last.To != 41.8 || last.Offered == 0 || last.ReadyAfter != nil {
		t.Errorf("the last gap is %+v, want one with requests that ends with the recording", last)
	}
}

func TestNothingIsSaidOfRequestsThatWaitedIfItIsNotKnown(t *testing.T) {
	p, awake := burstPlan(t, 1, 11), asleep()
	for i := range awake.Samples {
		awake.Samples[i].Ready = 1
	}
	requests := arriving(t, p, 0)
	for name, of := range map[string]struct {
		requests []request
		line     *timeline.Timeline
	}{
		"always one ready":  {requests, awake},
		"nothing watched":   {requests, nil},
		"one fewer":         {requests[1:], asleep()},
		"one more":          {append(slices.Clone(requests), waits(20*time.Second)), asleep()},
		"no requests":       {nil, asleep()},
		"another generator": {arriving(t, burstPlan(t, 1, 12), 0), asleep()},
	} {
		document := New(recorded(of.requests, noon, 40*time.Second, 42*time.Second), p, of.line)
		if document.Unready != nil || strings.Contains(written(t, document), "unready") {
			t.Errorf("%s: %+v", name, document.Unready)
		}
	}
}

// The engine's counts per second follow from profile and seed.
func TestUnreadyOfARealRun(t *testing.T) {
	document := ran(t)
	document.Timeline.Samples = []timeline.Sample{{T: 0}, {T: 1.1, Replicas: 1, Ready: 1}}
	u := reread(t, document).Unready
	if u == nil || u.Offered < 150 || u.Offered > 290 || u.Offered+u.Rest.Count() != document.Latency.Count() || u.Latency.Count() != u.Offered {
		t.Errorf("of %+v unready is %+v", document.Requests, u)
	}
}
