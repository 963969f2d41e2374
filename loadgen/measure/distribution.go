// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"fmt"
	"math"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Distribution is a set of durations from 0 to two hours, kept in an HDR
// histogram: quantiles are exact to 0.1 % (and half a microsecond), minimum,
// maximum and mean to the nanosecond, and its size grows with the number of
// distinct values, not with their total number.
//
// The zero value is empty and ready for use. A Distribution must not be copied,
// nor be used concurrently while it is changed.
//
// The histogram is G. Tene's HdrHistogram (http://hdrhistogram.org), in that
// project's Go implementation.
type Distribution struct {
	// At most one of the two is set. Dense takes 200 kB and little time per
	// value, packed takes a few bytes per distinct value and more time.
	dense  *hdrhistogram.Histogram
	packed *hdrhistogram.PackedHistogram

	min, max time.Duration
	sum      uint64 // nanoseconds; enough for 584 years
}

// Longest is the upper end of the range: the longest timeout plus a send delay
// of the same length.
const Longest = 2 * time.Hour

// The geometry of every histogram. Histograms must share it to be merged.
const (
	smallest          = time.Microsecond
	significantDigits = 3
)

// NewDistribution returns an empty distribution for few distinct values, like
// the zero value.
func NewDistribution() *Distribution { return &Distribution{} }

// NewDense returns an empty distribution for many distinct values: larger, and
// faster to add to.
func NewDense() *Distribution {
	return &Distribution{dense: hdrhistogram.New(int64(smallest), int64(Longest), significantDigits)}
}

func newPacked() *hdrhistogram.PackedHistogram {
	return hdrhistogram.NewPacked(int64(smallest), int64(Longest), significantDigits)
}

// Record adds value, clamped to the range so that none is lost.
func (d *Distribution) Record(value time.Duration) {
	value = min(max(value, 0), Longest)
	if d.Count() == 0 {
		d.min = value
	}
	d.min, d.max = min(d.min, value), max(d.max, value)
	d.sum += uint64(value)
	// The only error is a value out of range, which has just been excluded.
	if d.dense != nil {
		_ = d.dense.RecordValue(int64(value))
		return
	}
	if d.packed == nil {
		d.packed = newPacked()
	}
	_ = d.packed.RecordValue(int64(value))
}

// Merge adds every duration of other, which is not changed. The result is
// exactly the same as if all of them had been recorded into d.
func (d *Distribution) Merge(other *Distribution) {
	if other == nil || other.Count() == 0 {
		return
	}
	if d.Count() == 0 {
		d.min = other.min
	}
	d.min, d.max = min(d.min, other.min), max(d.max, other.max)
	d.sum += other.sum
	if d.dense == nil && d.packed == nil {
		d.packed = newPacked()
	}
	// Nothing is left out: all histograms have the same geometry.
	switch {
	case d.dense != nil && other.dense != nil:
		d.dense.Merge(other.dense)
	case d.dense != nil:
		other.packed.MergeInto(d.dense)
	case other.dense != nil:
		d.packed.MergeFrom(other.dense)
	default:
		d.packed.Merge(other.packed)
	}
}

// Split returns the n shortest durations and the others, each as exact as a
// quantile is.
func (d *Distribution) Split(n int64) (shortest, others *Distribution) {
	shortest, others = NewDistribution(), NewDistribution()
	count := d.Count()
	for rank := int64(1); rank <= count; rank++ {
		value := d.Quantile(float64(rank) / float64(count))
		if rank == 1 {
			value = d.min
		}
		if rank <= n {
			shortest.Record(value)
		} else {
			others.Record(value)
		}
	}
	return shortest, others
}

// Reset empties the distribution and keeps its memory.
func (d *Distribution) Reset() {
	if d.dense != nil {
		d.dense.Reset()
	}
	if d.packed != nil {
		d.packed.Reset()
	}
	d.min, d.max, d.sum = 0, 0, 0
}

// Count returns how many durations were recorded.
func (d *Distribution) Count() int64 {
	switch {
	case d.dense != nil:
		return d.dense.TotalCount()
	case d.packed != nil:
		return d.packed.TotalCount()
	}
	return 0
}

// Quantile returns the smallest duration that at least a share q of all
// durations, from 0 to 1, does not exceed; 0.99 is the 99th percentile. It
// returns 0 if there are none. This is the inverse of the empirical
// distribution function, the value of rank ceil(q n) of n: definition 1 of
// R. J. Hyndman, Y. Fan, Sample Quantiles in Statistical Packages, The American
// Statistician 50 (1996). It never interpolates between two recorded values.
func (d *Distribution) Quantile(q float64) time.Duration {
	count := d.Count()
	if count == 0 {
		return 0
	}
	// The histogram rounds q n to the nearest rank; for this percentile that is
	// the rank itself.
	percentile := 100 * float64(rank(q, count)) / float64(count)
	var value int64
	if d.dense != nil {
		value = d.dense.ValueAtPercentile(percentile)
	} else {
		value = d.packed.ValueAtPercentile(percentile)
	}
	// The histogram returns the upper end of a bucket.
	return min(max(time.Duration(value), d.min), d.max)
}

// Above returns how many durations have a higher rank than [Distribution.Quantile]
// of q: the share 1 - q, rounded down.
func (d *Distribution) Above(q float64) int64 { return d.Count() - rank(q, d.Count()) }

// rank returns the smallest rank from 1 to count whose share of count is at
// least q. Rounding up the product is not enough: 0.07 * 100 is above 7 in
// binary, while 7 / 100 is the same number as 0.07.
func rank(q float64, count int64) int64 {
	if !(q > 0) || count < 1 {
		return min(1, count)
	}
	n := float64(count)
	r := min(int64(math.Ceil(min(q, 1)*n)), count)
	for r > 1 && float64(r-1)/n >= q {
		r--
	}
	for r < count && float64(r)/n < q {
		r++
	}
	return r
}

// Min returns the smallest duration, or 0 if there are none.
func (d *Distribution) Min() time.Duration { return d.min }

// Max returns the largest duration, or 0 if there are none.
func (d *Distribution) Max() time.Duration { return d.max }

// Mean returns the arithmetic mean, or 0 if there are no durations.
func (d *Distribution) Mean() time.Duration {
	if d.Count() == 0 {
		return 0
	}
	return time.Duration(d.sum / uint64(d.Count()))
}

// String returns the count and the usual percentiles, for logs and test
// messages.
func (d *Distribution) String() string {
	return fmt.Sprintf("%d values, min %s, p50 %s, p99 %s, max %s", d.Count(), d.Min(), d.Quantile(0.5), d.Quantile(0.99), d.Max())
}
