// SPDX-License-Identifier: Apache-2.0

package report

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/measure"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/result"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/timeline"
)

func TestCountsDifferBeyondTwoDeviations(t *testing.T) {
	a, b := benchmark.document(t), benchmark.document(t)
	b.Run.Parts[0].Seed++
	b.Requests.Failed = 60
	a.Requests.Failed = 40 // 2 sqrt(100) = 20: still chance
	c := Compare(a, b)
	failed := c.Requests[4]
	if failed.Name != "failed" || failed.Chance != 20 || failed.Differs() {
		t.Errorf("40 and 60 failed: %+v, differs %t; want chance 20 and no difference", failed, failed.Differs())
	}
	b.Requests.Failed = 61
	if c := Compare(a, b); !c.Requests[4].Differs() {
		t.Errorf("40 and 61 failed do not differ: %+v", c.Requests[4])
	}
}

// With the same seed, the offered requests do not depend on chance.
func TestSameLoadOffersTheSame(t *testing.T) {
	a, b := benchmark.document(t), benchmark.document(t)
	b.Requests.Offered++
	if c := Compare(a, b); !c.SameLoad || !c.Requests[0].Differs() {
		t.Errorf("one request more with the same seed is chance: same load %t, %+v", c.SameLoad, c.Requests[0])
	}
	b.Run.Parts[0].Seed++
	if c := Compare(a, b); c.SameLoad || c.Requests[0].Differs() {
		t.Errorf("one request more with another seed is no chance: same load %t, %+v", c.SameLoad, c.Requests[0])
	}
}

func exponential(random *rand.Rand, n int, mean time.Duration) *measure.Distribution {
	d := measure.NewDistribution()
	for range n {
		d.Record(time.Duration(random.ExpFloat64() * float64(mean)))
	}
	return d
}

// Few pairs from the same distribution may be called different, but one that is
// slower by a fifth must be.
func TestPercentilesDifferOnlyWhenTheyDo(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	a, b := benchmark.document(t), benchmark.document(t)
	const pairs = 100
	wrong := map[string]int{}
	for range pairs {
		a.Latency, b.Latency = exponential(random, 2000, 10*time.Millisecond), exponential(random, 2000, 10*time.Millisecond)
		for _, l := range Compare(a, b).Latency {
			if l.Differs() {
				wrong[l.Name]++
			}
		}
	}
	for _, l := range Compare(a, b).Latency {
		if l.Few() != (l.Name == "p99.9") {
			t.Errorf("%s of 2000 answers: too few is %t", l.Name, l.Few())
		}
	}
	for name, n := range wrong {
		if n > pairs/20 {
			t.Errorf("%s: %d of %d equal pairs are called different", name, n, pairs)
		}
	}
	a.Latency, b.Latency = exponential(random, 20000, 10*time.Millisecond), exponential(random, 20000, 12*time.Millisecond)
	for _, l := range Compare(a, b).Latency[:3] {
		if !l.Differs() {
			t.Errorf("%s: a fifth more is called chance: %+v %+v", l.Name, *l.A, *l.B)
		}
	}
}

func TestEstimateHoldsTheTruePercentile(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	held := 0
	const runs, q = 400, 0.9
	truth := -10 * math.Log(1-q)
	for range runs {
		if e := estimate(exponential(random, 1000, 10*time.Millisecond), q); e.Low <= truth && truth <= e.High {
			held++
		}
	}
	// 95.4 % are expected; the limits are four deviations around that.
	if share := float64(held) / runs; share < 0.912 || share > 0.996 {
		t.Errorf("%.1f %% of the ranges hold the true percentile, want about 95.4 %%", 100*share)
	}
}

func TestReactionDiffersBeyondOneSyncPeriod(t *testing.T) {
	at := func(v float64) *float64 { return &v }
	v := Value{A: at(20), B: at(35), Chance: 15}
	if v.Differs() {
		t.Error("15 s apart is called a difference")
	}
	if v.B = at(35.1); !v.Differs() {
		t.Error("15.1 s apart is called chance")
	}
	if v.B = nil; !v.Differs() {
		t.Error("never is called chance")
	}
	if v.A = nil; v.Differs() {
		t.Error("never and never are called a difference")
	}
}

// Wanted after 2.5 s and after 9 s: chance if the controller syncs every 15 s,
// and a difference if it syncs every second.
func TestTheRecordedSyncPeriodDecides(t *testing.T) {
	watched := func(wanted, period float64) *result.Document {
		d := benchmark.document(t)
		d.Seconds[0].Offered = max(d.Seconds[0].Offered, 1)
		d.Timeline.SyncPeriod = period
		d.Timeline.Samples = []timeline.Sample{{T: 0, Desired: 1, Ready: 1}, {T: wanted, Desired: 2, Ready: 1}}
		return d
	}
	for _, tt := range []struct {
		a, b    float64 // periods
		differs bool
		caveats int
	}{{1, 1, true, 0}, {1, 15, false, 0}, {0, 1, false, 1}, {0, 0, false, 2}, {15, 15, false, 0}} {
		c := Compare(watched(2.5, tt.a), watched(9, tt.b))
		if v := c.Reaction[0]; *v.A != 2.5 || *v.B != 9 || v.Differs() != tt.differs {
			t.Errorf("periods %g and %g: %g and %g differ is %v by more than %g, want %v", tt.a, tt.b, *v.A, *v.B, v.Differs(), v.Chance, tt.differs)
		}
		if n := strings.Count(strings.Join(c.Caveats, " "), "default of 15 s"); n != tt.caveats {
			t.Errorf("periods %g and %g: %d caveats of %q, want %d", tt.a, tt.b, n, c.Caveats, tt.caveats)
		}
	}
}

func TestComparisonAsText(t *testing.T) {
	a := benchmark.document(t)
	other := benchmark
	other.seed, other.median, other.faults = 43, 1.9, false
	b := other.document(t)
	b.Run.Profile.Text = "constant:rate=60,duration=500"
	text := Compare(a, b).String()
	for _, want := range []string{
		"Requests", "offered", "± 502", "within chance", "p99", "differs", "502", "connection reset", "first extra replica ready",
		"The runs have different profiles: their counts differ by design.",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the table lacks %q:\n%s", want, text)
		}
	}
	if same := Compare(a, a); strings.Contains(same.String(), "differs") {
		t.Errorf("a run differs from itself:\n%s", same)
	}
	if _, err := json.Marshal(Compare(a, b)); err != nil {
		t.Error(err)
	}
}

// The 99th percentile of 175 answers is the second slowest, so one was slower.
func TestEstimateCountsTheSlowerOnes(t *testing.T) {
	d := measure.NewDistribution()
	for i := range 175 {
		d.Record(time.Duration(i+1) * time.Millisecond)
	}
	if e := estimate(d, 0.99); math.Abs(e.Value-174) > 0.2 || e.Slower != 1 {
		t.Errorf("estimate %+v, want 174 ms and one answer that took longer", e)
	}
}
