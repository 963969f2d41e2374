// SPDX-License-Identifier: Apache-2.0

package report

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/measure"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/result"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/timeline"
)

// Comparison holds what differs between two runs, and how much of it chance
// alone would explain.
//
// Arrivals are a Poisson process, so a count n scatters with a standard
// deviation of sqrt(n), and the difference of two counts with sqrt(a+b); a
// difference within twice that, which 19 of 20 pairs of equal runs show, is
// noise. When a load begins between two syncs of the autoscaler's controller is
// also chance, so reaction times differ by up to one sync period for that
// reason alone; if the period was not recorded, Kubernetes' default of 15
// seconds is assumed, and Caveats say so. For percentiles, the noise is the
// span of the order statistics around them: q·n ± 2·sqrt(n·q·(1−q)) is the
// range of ranks that holds the true percentile in 19 of 20 cases (H. A. David,
// H. N. Nagaraja, Order Statistics, 3rd edition, 7.1). Both assume that
// requests are independent of each other. Requests that queue behind one
// another are not, so the true noise tends to be larger, and with dozens of
// lines one or two differ by chance.
type Comparison struct {
	SameLoad bool      `json:"same_load"` // one profile and one seed: the same requests at the same times
	Caveats  []string  `json:"caveats"`   // what makes the two hard to compare
	Requests []Count   `json:"requests"`
	Statuses []Count   `json:"responses_by_status"`
	Errors   []Count   `json:"errors_by_kind"`
	Rates    []Value   `json:"rates_per_second"`
	Latency  []Latency `json:"latency_ms"` // of every answer
	Reaction []Value   `json:"reaction"`   // empty unless both have a timeline

	// Of the requests that were due while no replica was ready; empty unless both
	// have a timeline and one has such requests.
	Unready        []Count   `json:"unready"`
	UnreadyLatency []Latency `json:"unready_latency_ms"`
}

// Count is a number of requests in both runs.
type Count struct {
	Name   string  `json:"name"`
	A      int64   `json:"a"`
	B      int64   `json:"b"`
	Chance float64 `json:"chance"` // a difference up to this is noise
}

// Differs reports whether chance alone does not explain the difference.
func (c Count) Differs() bool { return math.Abs(float64(c.B-c.A)) > c.Chance }

// Value is a measured number in both runs; nil if it was not observed.
type Value struct {
	Name   string   `json:"name"`
	Unit   string   `json:"unit"`
	A      *float64 `json:"a"`
	B      *float64 `json:"b"`
	Chance float64  `json:"chance"`
}

// Differs reports whether chance alone does not explain the difference, or only
// one of the two was observed.
func (v Value) Differs() bool {
	if v.A == nil || v.B == nil {
		return v.A != v.B
	}
	return math.Abs(*v.B-*v.A) > v.Chance
}

// Latency is one quantile of the latency in both runs, each with the range that
// holds the true one in 19 of 20 cases; nil if there were no answers.
type Latency struct {
	Name string    `json:"name"`
	A    *Estimate `json:"a"`
	B    *Estimate `json:"b"`
}

// Estimate is a measured quantile in milliseconds, and the range around it.
type Estimate struct {
	Value  float64 `json:"value"`
	Low    float64 `json:"low"`
	High   float64 `json:"high"`
	Slower int     `json:"slower"` // answers that took longer
}

// fewest is how many answers must have taken longer than a percentile for its
// range to mean anything: of 1000 requests, p99.9 is only the second slowest.
const fewest = 10

// Few reports whether one of the two has too few slow answers to tell.
func (l Latency) Few() bool {
	return l.A != nil && l.A.Slower < fewest || l.B != nil && l.B.Slower < fewest
}

// Chance returns the difference up to which the two ranges touch, in milliseconds.
func (l Latency) Chance() float64 {
	if l.A == nil || l.B == nil {
		return 0
	}
	if l.B.Value >= l.A.Value {
		return l.A.High - l.A.Value + l.B.Value - l.B.Low
	}
	return l.A.Value - l.A.Low + l.B.High - l.B.Value
}

// Differs reports whether the two ranges are apart, or only one run has
// answers. It returns false if there are too few to tell.
func (l Latency) Differs() bool {
	if l.A == nil || l.B == nil {
		return (l.A == nil) != (l.B == nil)
	}
	return !l.Few() && math.Abs(l.B.Value-l.A.Value) > l.Chance()
}

// Compare returns what differs between two runs.
func Compare(a, b *result.Document) Comparison {
	c := Comparison{
		SameLoad: sameLoad(a.Run, b.Run),
		Caveats:  caveats(a, b),
	}
	count := func(name string, a, b int64) Count {
		return Count{Name: name, A: a, B: b, Chance: 2 * math.Sqrt(float64(a)+float64(b))}
	}
	c.Requests = []Count{
		count("offered", a.Requests.Offered, b.Requests.Offered),
		count("sent", a.Requests.Sent, b.Requests.Sent),
		count("answered", a.Requests.Completed, b.Requests.Completed),
		count("answered with 2xx", a.Requests.Succeeded, b.Requests.Succeeded),
		count("failed", a.Requests.Failed, b.Requests.Failed),
		count("dropped", a.Requests.Dropped, b.Requests.Dropped),
		count("late", a.Requests.Late, b.Requests.Late),
	}
	if c.SameLoad && !a.Run.Interrupted && !b.Run.Interrupted {
		c.Requests[0].Chance = 0
	}
	c.Statuses = counts(a.Statuses, b.Statuses, count)
	c.Errors = counts(errorCounts(a), errorCounts(b), count)
	rate := func(name string, a, b, windowA, windowB float64) Value {
		// A rate is a count over a time: its variance is rate / time.
		chance := 2 * math.Sqrt(a/max(windowA, 1)+b/max(windowB, 1))
		return Value{Name: name, Unit: "per second", A: &a, B: &b, Chance: chance}
	}
	c.Rates = []Value{
		rate("offered", a.Rates.Offered, b.Rates.Offered, a.Run.WindowSeconds, b.Run.WindowSeconds),
		rate("achieved", a.Rates.Achieved, b.Rates.Achieved, a.Run.ElapsedSeconds, b.Run.ElapsedSeconds),
	}
	for _, quantile := range quantiles {
		c.Latency = append(c.Latency, Latency{Name: quantile.name, A: estimate(a.Latency, quantile.q), B: estimate(b.Latency, quantile.q)})
	}
	c.Unready, c.UnreadyLatency = unreadyDifferences(a, b, count)
	c.Reaction = reactionDifferences(ReactionOf(a), ReactionOf(b), max(syncPeriod(a), syncPeriod(b)))
	return c
}

// quantiles that are compared. The maximum is not: it is a single request, and
// nothing can be said about its scatter.
var quantiles = []struct {
	name string
	q    float64
}{{"p50", 0.5}, {"p90", 0.9}, {"p95", 0.95}, {"p99", 0.99}, {"p99.9", 0.999}}

// estimate looks up the quantiles at both ends of the range of ranks.
func estimate(d *measure.Distribution, q float64) *Estimate {
	if d == nil || d.Count() == 0 {
		return nil
	}
	spread := 2 * math.Sqrt(q*(1-q)/float64(d.Count()))
	at := func(q float64) float64 {
		return math.Round(ms(d.Quantile(min(max(q, 0), 1)))*1000) / 1000
	}
	return &Estimate{Value: at(q), Low: at(q - spread), High: at(q + spread), Slower: int(d.Above(q))}
}

// sameLoad reports whether both runs were to send the same requests: one
// profile, and the same seeds and shares of it.
func sameLoad(a, b result.Run) bool {
	return a.Profile.Text == b.Profile.Text && slices.EqualFunc(a.Parts, b.Parts, func(x, y result.Part) bool {
		return x.Seed == y.Seed && x.Scale == y.Scale
	})
}

func errorCounts(document *result.Document) map[measure.ErrorKind]int64 {
	out := map[measure.ErrorKind]int64{}
	for kind, e := range document.Errors {
		out[kind] = e.Count
	}
	return out
}

// counts compares all keys that either of the two has.
func counts[K cmp.Ordered](a, b map[K]int64, count func(string, int64, int64) Count) []Count {
	keys := map[K]bool{}
	for key := range a {
		keys[key] = true
	}
	for key := range b {
		keys[key] = true
	}
	out := []Count{}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		out = append(out, count(strings.ReplaceAll(fmt.Sprint(key), "_", " "), a[key], b[key]))
	}
	return out
}

// syncPeriod returns the sync period of the run's autoscaler in seconds, or the
// default.
func syncPeriod(document *result.Document) float64 {
	if document.Timeline == nil || document.Timeline.SyncPeriod <= 0 {
		return timeline.DefaultSyncPeriod.Seconds()
	}
	return document.Timeline.SyncPeriod
}

func reactionDifferences(a, b *Reaction, period float64) []Value {
	if a == nil || b == nil {
		return []Value{}
	}
	most := func(r *Reaction) *float64 { v := float64(r.Most); return &v }
	return []Value{
		{"first extra replica desired", "s", a.Desired, b.Desired, period},
		{"first extra replica ready", "s", a.Ready, b.Ready, period},
		{"most replicas ready", "", most(a), most(b), 0},
		{"most replicas reached", "s", a.MostAt, b.MostAt, period},
		{"back to the start after the load", "s", a.Back, b.Back, period},
	}
}

// caveats lists what the numbers alone do not show.
func caveats(a, b *result.Document) []string {
	out := []string{}
	if a.Run.Profile.Text != b.Run.Profile.Text || a.Run.Profile.Scale != b.Run.Profile.Scale {
		out = append(out, "The runs have different profiles: their counts differ by design.")
	}
	if a.Run.Target != b.Run.Target {
		out = append(out, fmt.Sprintf("The runs went to different targets: %s and %s.", a.Run.Target, b.Run.Target))
	}
	watched := ReactionOf(a) != nil && ReactionOf(b) != nil
	for label, d := range map[string]*result.Document{"A": a, "B": b} {
		if d.Run.Interrupted {
			out = append(out, fmt.Sprintf("Run %s was interrupted after %s.", label, seconds(d.Run.WindowSeconds)))
		}
		if watched && d.Timeline.SyncPeriod <= 0 {
			out = append(out, fmt.Sprintf("Run %s does not have the autoscaler's sync period: Kubernetes' default of %s is assumed.", label, seconds(syncPeriod(d))))
		}
	}
	slices.Sort(out)
	return out
}
