// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

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

// Every count up to 200 and every quantile in thousandths, of both kinds of
// histograms and of two that were merged.
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
