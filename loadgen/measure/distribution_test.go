// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestDistributionKeepsThreeDigits(t *testing.T) {
	for name, d := range map[string]*Distribution{"dense": NewDense(), "packed": NewDistribution()} {
		for i := range 1000 {
			d.Record(time.Duration(i+1) * time.Millisecond)
		}
		for _, tt := range []struct {
			name      string
			got, want time.Duration
			within    time.Duration
		}{
			{"min", d.Min(), time.Millisecond, 0},
			{"median", d.Quantile(0.5), 500 * time.Millisecond, 500 * time.Microsecond},
			{"p99", d.Quantile(0.99), 990 * time.Millisecond, 990 * time.Microsecond},
			{"max", d.Max(), time.Second, 0},
			{"mean", d.Mean(), 500500 * time.Microsecond, 0},
		} {
			if diff := (tt.got - tt.want).Abs(); diff > tt.within {
				t.Errorf("%s: %s = %s, want %s within %s", name, tt.name, tt.got, tt.want, tt.within)
			}
		}
	}
}

func TestDistributionLosesNoValue(t *testing.T) {
	var d Distribution
	d.Record(-time.Second)
	d.Record(1000 * time.Hour)
	if d.Count() != 2 || d.Min() != 0 || d.Max() != Longest {
		t.Errorf("count %d, min %s, max %s; want both values at the ends of the range", d.Count(), d.Min(), d.Max())
	}
}

// spread draws durations over the whole range.
func spread(n int) []time.Duration {
	random := rand.New(rand.NewPCG(1, 2))
	values := make([]time.Duration, n)
	for i := range values {
		values[i] = time.Duration(random.ExpFloat64() * float64(time.Millisecond) * float64(int(1)<<random.IntN(20)))
	}
	return values
}

func text(t *testing.T, d *Distribution) string {
	t.Helper()
	got, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	return string(got)
}

// The parts are merged in every combination of the two kinds of histogram.
func TestMergeIsExact(t *testing.T) {
	values := spread(3000)
	whole := NewDense()
	for _, v := range values {
		whole.Record(v)
	}
	want := text(t, whole)
	kinds := map[string]func() *Distribution{"dense": NewDense, "packed": NewDistribution}
	for into, newInto := range kinds {
		for from, newFrom := range kinds {
			sum, a, b := newInto(), newFrom(), newFrom()
			for i, v := range values {
				if i%3 == 0 {
					a.Record(v)
				} else {
					b.Record(v)
				}
			}
			before := text(t, a)
			sum.Merge(a)
			sum.Merge(NewDistribution())
			sum.Merge(nil)
			sum.Merge(b)
			if got := text(t, sum); got != want {
				t.Errorf("%s into %s gives\n%.200s\nwant\n%.200s", from, into, got, want)
			}
			if text(t, a) != before {
				t.Errorf("%s into %s changed its source", from, into)
			}
		}
	}
}

func TestSplitKeepsEveryDuration(t *testing.T) {
	values := spread(300)
	slices.Sort(values)
	for name, d := range map[string]*Distribution{"dense": NewDense(), "packed": NewDistribution()} {
		for _, v := range values {
			d.Record(v)
		}
		for _, n := range []int{-1, 0, 1, 170, 299, 300, 301} {
			shortest, others := d.Split(int64(n))
			cut := min(max(n, 0), len(values))
			for part, want := range map[*Distribution][]time.Duration{shortest: values[:cut], others: values[cut:]} {
				if part.Count() != int64(len(want)) {
					t.Fatalf("%s at %d: %d durations, want %d", name, n, part.Count(), len(want))
				}
				for i, v := range want {
					got := part.Quantile(float64(i+1) / float64(len(want)))
					if diff := (got - v).Abs(); diff > v/500+time.Microsecond {
						t.Fatalf("%s at %d: number %d is %s, want %s", name, n, i, got, v)
					}
				}
			}
			if cut > 0 && shortest.Min() != values[0] || cut < len(values) && others.Max() != values[len(values)-1] {
				t.Errorf("%s at %d: from %s to %s, want %s to %s", name, n, shortest.Min(), others.Max(), values[0], values[len(values)-1])
			}
		}
	}
}

func TestDistributionSurvivesJSON(t *testing.T) {
	for name, values := range map[string][]time.Duration{
		"none":            nil,
		"one":             {123456789},
		"zero":            {0},
		"ends":            {0, Longest},
		"many":            spread(3000),
		"beyond 53 bits":  {Longest - 1, Longest - 3, 7},
		"same many times": {time.Second, time.Second, time.Second},
	} {
		d := NewDense()
		for _, v := range values {
			d.Record(v)
		}
		before := text(t, d)
		var read Distribution
		if err := json.Unmarshal([]byte(before), &read); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := text(t, &read); got != before {
			t.Errorf("%s: after a round trip\n%.300s\nbefore\n%.300s", name, got, before)
		}
		if read.Min() != d.Min() || read.Max() != d.Max() || read.Mean() != d.Mean() || read.sum != d.sum || read.Quantile(0.9) != d.Quantile(0.9) {
			t.Errorf("%s: read %s, wrote %s", name, &read, d)
		}
		read.Record(time.Second) // must not have become read-only
		if read.Count() != int64(len(values))+1 {
			t.Errorf("%s: %d values after one more than %d", name, read.Count(), len(values))
		}
	}
}

func TestEmptyDistributionIsNullInJSON(t *testing.T) {
	want := `{"count":0,"min":null,"mean":null,"p50":null,"p90":null,"p95":null,"p99":null,"p99_9":null,"max":null}`
	for _, d := range []*Distribution{NewDense(), NewDistribution()} {
		if got := text(t, d); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestDistributionIsSmallInJSON(t *testing.T) {
	d := NewDistribution()
	random := rand.New(rand.NewPCG(3, 4))
	for range 20_000 { // a second at the highest rate
		d.Record(time.Duration(200e3 * (1 + random.ExpFloat64())))
	}
	if got := len(text(t, d)); got > 5000 {
		t.Errorf("%d bytes for 20,000 values, want at most 5000", got)
	}
}

func TestContradictoryDistributionIsRefused(t *testing.T) {
	d := NewDistribution()
	d.Record(time.Millisecond)
	d.Record(3 * time.Millisecond)
	good := text(t, d)
	for name, tt := range map[string]struct{ old, new, want string }{
		"count":      {`"count":2`, `"count":3`, "holds 2"},
		"min":        {`"min":1,`, `"min":2,`, "min 2ms"},
		"max":        {`"max":3,`, `"max":4,`, "max 4ms"},
		"sum":        {`"sum_ns":4000000`, `"sum_ns":40000000`, "mean of 20ms"},
		"histogram":  {`"histogram":"`, `"histogram":"x`, "histogram"},
		"no minimum": {`"min":1,`, `"min":null,`, "are needed"},
		"no object":  {good, `[]`, "reading a distribution"},
		"another range": {good, `{"count":1,"min":0.000001,"max":0.000001,"sum_ns":1,"histogram":"` +
			"HISTFAAAACF4nJNpmSzMwMDAxAABzFCaEURcm7yEwf4DRISRCQBRCgQj" + `"}`, "histogram"},
	} {
		if !strings.Contains(good, tt.old) {
			t.Fatalf("%s: %q is not in %s", name, tt.old, good)
		}
		var read Distribution
		err := json.Unmarshal([]byte(strings.Replace(good, tt.old, tt.new, 1)), &read)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want %q", name, err, tt.want)
		}
	}
}

// wantQuantile is the definition, by brute force: the smallest value that at
// least thousandths/1000 of all values do not exceed.
func wantQuantile(values []time.Duration, thousandths int) time.Duration {
	sorted := slices.Sorted(slices.Values(values))
	for i, v := range sorted {
		if (i+1)*1000 >= thousandths*len(sorted) {
			return v
		}
	}
	return sorted[len(sorted)-1]
}

func TestTwoSlowAnswersOf175AreTheirP99(t *testing.T) {
	for name, d := range map[string]*Distribution{"dense": NewDense(), "packed": NewDistribution()} {
		for range 173 {
			d.Record(36 * time.Millisecond)
		}
		d.Record(500 * time.Millisecond)
		d.Record(500 * time.Millisecond)
		if got := d.Quantile(0.99); got != 500*time.Millisecond {
			t.Errorf("%s: p99 is %s, want 500ms", name, got)
		}
	}
}

// Every count up to 200 and every quantile in thousandths, for both kinds of
// histogram and for two merged ones.
func TestQuantilesAreThoseOfTheDefinition(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	packed, dense := NewDistribution(), NewDense()
	var values []time.Duration
	for n := 1; n <= 200; n++ {
		// Up to a millisecond the histogram keeps microseconds apart.
		v := time.Duration(random.IntN(1000)) * time.Microsecond
		values = append(values, v)
		packed.Record(v)
		dense.Record(v)
		merged := NewDistribution()
		merged.Merge(packed)
		other := NewDense()
		other.Record(v)
		merged.Merge(other)
		twice := append(slices.Clone(values), v)
		for thousandths := range 1001 {
			q := float64(thousandths) / 1000
			want := wantQuantile(values, thousandths)
			for name, d := range map[string]*Distribution{"packed": packed, "dense": dense} {
				// A bucket is half a microsecond wide.
				if got := d.Quantile(q); (got - want).Abs() > time.Microsecond {
					t.Fatalf("%s: quantile %g of %d values is %s, want %s", name, q, n, got, want)
				}
			}
			if got, want := merged.Quantile(q), wantQuantile(twice, thousandths); (got - want).Abs() > time.Microsecond {
				t.Fatalf("merged: quantile %g of %d values is %s, want %s", q, n+1, got, want)
			}
		}
	}
}

func TestRank(t *testing.T) {
	for _, tt := range []struct {
		q    float64
		n    int64
		want int64
	}{
		{0.99, 175, 174}, {0.5, 1, 1}, {0.5, 2, 1}, {0.5, 3, 2}, {0.999, 1000, 999}, {0.999, 1001, 1000},
		{0.07, 100, 7}, {0.56, 100, 56}, {0.57, 100, 57}, // 0.07 * 100 and 0.56 * 100 are above 7 and 56 in binary
		{0, 10, 1}, {-1, 10, 1}, {1, 10, 10}, {2, 10, 10}, {0.99, 0, 0},
		{0.1, 1_000_000_000_000_000, 100_000_000_000_000},
	} {
		if got := rank(tt.q, tt.n); got != tt.want {
			t.Errorf("rank of %g among %d is %d, want %d", tt.q, tt.n, got, tt.want)
		}
	}
}
