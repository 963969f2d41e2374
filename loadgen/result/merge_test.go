// SPDX-License-Identifier: Apache-2.0

package result

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/loadgen/measure"
)

// One stream of requests gives the same document, byte for byte, whether one
// generator records it or it is split at random over several; only the parts
// differ.
func TestMergeIsExact(t *testing.T) {
	for seed := range uint64(15) {
		random := rand.New(rand.NewPCG(seed, 7))
		parts := 1 + random.IntN(6)
		requests := traffic(random, random.IntN(1000), 13*time.Second)
		window, elapsed := 13500*time.Millisecond, 15*time.Second

		whole := recorded(requests, noon, window, elapsed)
		split := make([][]request, parts)
		for _, q := range requests {
			i := random.IntN(parts)
			split[i] = append(split[i], q)
		}
		var documents []*Document
		for i, requests := range split {
			p := plan(t, 1/float64(parts), uint64(i))
			p.MaxInFlight /= parts
			documents = append(documents, reread(t, New(recorded(requests, noon, window, elapsed), p, nil)))
		}
		random.Shuffle(parts, func(i, j int) { documents[i], documents[j] = documents[j], documents[i] })

		want, got := New(whole, plan(t, 1, 0), nil), mustMerge(t, documents...)
		if got.Run.Generators != parts || len(got.Run.Parts) != parts {
			t.Fatalf("%d generators with %d parts, want %d", got.Run.Generators, len(got.Run.Parts), parts)
		}
		got.Run.Generators, got.Run.Parts = want.Run.Generators, want.Run.Parts
		if g, w := written(t, got), written(t, want); g != w {
			t.Fatalf("seed %d, %d parts: merged\n%s\nwant\n%s", seed, parts, firstDifference(g, w), firstDifference(w, g))
		}
	}
}

// firstDifference returns the first line of a that is not the same in b.
func firstDifference(a, b string) string {
	other := strings.Split(b, "\n")
	for i, text := range strings.Split(a, "\n") {
		if i >= len(other) || text != other[i] {
			return text
		}
	}
	return "(a shorter text)"
}

// It does not matter in which order documents are merged, nor in how many
// steps.
func TestMergeIsAssociativeAndCommutative(t *testing.T) {
	for seed := range uint64(15) {
		random := rand.New(rand.NewPCG(seed, 8))
		var documents []*Document
		for i := range 4 {
			start := noon.Add(time.Duration(random.Int64N(int64(5 * time.Second)))).Truncate(time.Millisecond)
			requests := traffic(random, 200, 5*time.Second)
			document := New(recorded(requests, start, 5*time.Second, 8*time.Second), plan(t, 0.25*float64(i+1), uint64(i)), nil)
			if i%2 == 0 {
				document.Timeline = line()
				document.Timeline.StartedAt = start
			}
			documents = append(documents, document)
		}
		a, b, c, d := documents[0], documents[1], documents[2], documents[3]
		want := written(t, mustMerge(t, a, b, c, d))
		for name, got := range map[string]*Document{
			"other order":  mustMerge(t, d, b, a, c),
			"one by one":   mustMerge(t, mustMerge(t, mustMerge(t, a, b), c), d),
			"two pairs":    mustMerge(t, mustMerge(t, b, d), mustMerge(t, a, c)),
			"through file": mustMerge(t, reread(t, mustMerge(t, c, d)), reread(t, a), b),
		} {
			if g := written(t, got); g != want {
				t.Fatalf("seed %d, %s:\n%s\nwant\n%s", seed, name, firstDifference(g, want), firstDifference(want, g))
			}
		}
	}
}

func TestMergeAlignsSeconds(t *testing.T) {
	due := func(offsets ...time.Duration) []request {
		var requests []request
		for _, offset := range offsets {
			requests = append(requests, request{due: offset, took: 100 * time.Millisecond, status: 202})
		}
		return requests
	}
	at := func(offset time.Duration) time.Time { return noon.Add(offset) }
	const length = 10 * time.Second
	p := Plan{Sequence: sequence(t, "ramp:from=0,to=100,duration=10"), Seed: 1, MaxInFlight: 5, Timeout: time.Second}
	a := New(recorded(due(0, 3500*time.Millisecond), at(20*time.Millisecond), length, length), p, nil)
	p.Seed = 2
	b := New(recorded(due(0, 900*time.Millisecond), at(2980*time.Millisecond), length, length+time.Second), p, nil)
	p.Seed = 3
	c := New(recorded(due(0), at(400*time.Millisecond), length, length), p, nil)

	merged := mustMerge(t, a, b, c)
	var offered []int64
	for _, s := range merged.Seconds {
		offered = append(offered, s.Offered)
	}
	// b started 2.96 s after a, which is 3 s on a clock of whole seconds; c did
	// in the same second as a.
	if want := []int64{2, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0}; !slices.Equal(offered, want) {
		t.Errorf("offered by second %v, want %v", offered, want)
	}
	// Two ramps from the start, the third one 3 s later: 5, 15, 25, ... each.
	for second, want := range map[int]float64{0: 10, 2: 50, 3: 75, 9: 255, 10: 75, 12: 95} {
		if got := merged.Seconds[second].ExpectedRate; got != want {
			t.Errorf("second %d expects %g, want %g", second, got, want)
		}
	}
	r := merged.Run
	if !r.StartedAt.Equal(a.Run.StartedAt) || r.WindowSeconds != 12.96 || r.ElapsedSeconds != 13.96 || r.ExpectedRequests != 1500 ||
		r.MaxInFlight != 15 || r.Profile.Scale != 3 || r.Seed != 1 || r.Generators != 3 {
		t.Errorf("run %+v", r)
	}
	if got, want := merged.Rates.Offered, milli(5/12.96); got != want {
		t.Errorf("offered rate %g, want %g", got, want)
	}
	if a.Requests.Offered != 2 || a.Seconds[0].Offered != 1 || a.Seconds[0].Latency.Count() != 1 || a.Latency.Count() != 2 {
		t.Error("merging changed a document it was given")
	}
}

func TestMergeKeepsAnExampleOfEachError(t *testing.T) {
	failed := func(kind measure.ErrorKind, example string, startedAt time.Time, seed uint64) *Document {
		r := recorded([]request{{kind: kind}}, startedAt, time.Second, time.Second)
		r.Errors[kind] = measure.ErrorCount{Count: 1, Example: example}
		return New(r, plan(t, 1, seed), nil)
	}
	merged := mustMerge(t, failed(measure.Reset, "second", noon.Add(time.Second), 1), failed(measure.Reset, "first", noon, 2),
		failed(measure.TLS, "other", noon, 3))
	if got := merged.Errors[measure.Reset]; got != (measure.ErrorCount{Count: 2, Example: "first"}) {
		t.Errorf("resets %+v, want 2 with the example of the run that started first", got)
	}
	if got := merged.Errors[measure.TLS]; got != (measure.ErrorCount{Count: 1, Example: "other"}) {
		t.Errorf("tls errors %+v", got)
	}
}

func TestMergeTimelines(t *testing.T) {
	late := noon.Add(1500 * time.Millisecond)
	with, without := sample(t, 1, late, line()), sample(t, 2, noon, nil)
	with.Timeline.StartedAt = late

	got := mustMerge(t, with, without).Timeline
	if got == nil || !got.StartedAt.Equal(noon) || got.Samples[0].T != 1.25 || got.Samples[1].T != 4 || got.Events[0].T != 4.25 {
		t.Fatalf("timeline %+v, want all of it 1.5 s later and from the start of the first run", got)
	}
	if with.Timeline.Samples[0].T != -0.25 {
		t.Error("merging changed a timeline it was given")
	}

	// A second recorder of the same autoscaler saw the same, and one more
	// event.
	second := sample(t, 2, noon, line())
	second.Timeline.Events = append(second.Timeline.Events, line().Events[0])
	second.Timeline.Events[1].T = 1
	got = mustMerge(t, sample(t, 1, noon, line()), second).Timeline
	if len(got.Samples) != 2 || len(got.Events) != 2 || got.Events[0].T != 1 {
		t.Errorf("two timelines give %d samples and %d events, want 2 and 2, by time: %+v", len(got.Samples), len(got.Events), got)
	}

	// Not every generator knows the period: older ones do not, nor do those
	// whose credentials may not read the controller's pod.
	for _, periods := range [][2]float64{{0, 30}, {30, 0}, {15, 30}} {
		first, second := sample(t, 1, noon, line()), sample(t, 2, noon, line())
		first.Timeline.SyncPeriod, second.Timeline.SyncPeriod = periods[0], periods[1]
		if got := mustMerge(t, first, second).Timeline.SyncPeriod; got != 30 {
			t.Errorf("periods %v give %v, want 30", periods, got)
		}
		if first.Timeline.SyncPeriod != periods[0] || second.Timeline.SyncPeriod != periods[1] {
			t.Error("merging changed a timeline it was given")
		}
	}
	if mustMerge(t, sample(t, 1, noon, nil), sample(t, 2, noon, nil)).Timeline != nil {
		t.Error("a timeline from documents without any")
	}
}

func TestMergeRefusesWhatDoesNotBelongTogether(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(d *Document)
		want   string
	}{
		{"another profile", func(d *Document) { d.Run.Profile.Text = "decay:arrival_rate=20,decay_rate=0.02,duration=500" }, "the profile differs, ramp:from=5"},
		{"another duration", func(d *Document) {
			d.Run.Profile.Text = strings.Replace(d.Run.Profile.Text, "duration=6;", "duration=7;", 1)
		}, "the profile differs"},
		{"another target", func(d *Document) { d.Run.Target = "http://127.0.0.1:80/lightwork" }, "the target differs, http://127.0.0.1:80/heavywork and http://127.0.0.1:80/lightwork"},
		{"another timeout", func(d *Document) { d.Run.TimeoutSeconds = 5 }, "timeout_seconds differs, 30 and 5"},
		{"another lateness", func(d *Document) { d.Run.LateAfterMS = 5 }, "late_after_ms differs, 10 and 5"},
		{"another schema", func(d *Document) { d.SchemaVersion = 3 }, "schema_version differs, 2 and 3"},
		{"the same run", func(d *Document) { d.Run.Parts[0].Seed, d.Run.Seed = 1, 1 }, "the run of seed 1 that started at 2026-03-01T12:00:00Z is there twice"},
		{"another cluster", func(d *Document) { d.Timeline.HPA = "lightwork" }, "the timelines are of different autoscalers"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			other := sample(t, 2, noon, line())
			tt.change(other)
			_, err := Merge(sample(t, 1, noon, line()), other)
			if !errors.Is(err, ErrIncompatible) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want ErrIncompatible with %q", err, tt.want)
			}
		})
	}
	if _, err := Merge(); !errors.Is(err, ErrIncompatible) {
		t.Errorf("nothing to merge: %v", err)
	}
}
