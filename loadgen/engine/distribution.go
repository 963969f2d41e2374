// SPDX-License-Identifier: Apache-2.0

package engine

import (
	"encoding/json"
	"math"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Distribution is a set of durations from 0 to two hours, kept in an HDR
// histogram: quantiles are exact to 0.1 % (and half a microsecond), minimum,
// maximum and mean to the nanosecond, and its size does not grow with their
// number.
type Distribution struct {
	histogram *hdrhistogram.Histogram
	min, max  time.Duration
	sum       float64 // nanoseconds
}

// The range holds the longest timeout plus a send that is as late again.
const longest = 2 * LimitTimeout

func newDistribution() *Distribution {
	return &Distribution{histogram: hdrhistogram.New(int64(time.Microsecond), int64(longest), 3), min: longest}
}

// record adds value, moved to the nearest one in range so that none is lost.
func (d *Distribution) record(value time.Duration) {
	value = min(max(value, 0), longest)
	d.min, d.max = min(d.min, value), max(d.max, value)
	d.sum += float64(value)
	// The only error is a value out of range, which has just been excluded.
	_ = d.histogram.RecordValue(int64(value))
}

// Count returns how many durations were recorded.
func (d *Distribution) Count() int64 { return d.histogram.TotalCount() }

// Quantile returns the duration that a share q of all, from 0 to 1, does not
// exceed; 0.99 asks for the 99th percentile. It is 0 without any values.
func (d *Distribution) Quantile(q float64) time.Duration {
	// The histogram answers with the upper end of a bucket.
	return min(max(time.Duration(d.histogram.ValueAtQuantile(q*100)), d.Min()), d.max)
}

// Min returns the smallest duration, 0 without any values.
func (d *Distribution) Min() time.Duration {
	if d.Count() == 0 {
		return 0
	}
	return d.min
}

// Max returns the largest duration, 0 without any values.
func (d *Distribution) Max() time.Duration { return d.max }

// Mean returns the arithmetic mean, 0 without any values.
func (d *Distribution) Mean() time.Duration {
	if d.Count() == 0 {
		return 0
	}
	return time.Duration(d.sum / float64(d.Count()))
}

// MarshalJSON writes milliseconds with three decimals, and null for every value
// when there is none: a latency of 0 would be a lie.
func (d *Distribution) MarshalJSON() ([]byte, error) {
	ms := func(v time.Duration) *float64 {
		if d.Count() == 0 {
			return nil
		}
		rounded := math.Round(float64(v)/1e3) / 1e3
		return &rounded
	}
	return json.Marshal(struct {
		Count int64    `json:"count"`
		Min   *float64 `json:"min"`
		Mean  *float64 `json:"mean"`
		P50   *float64 `json:"p50"`
		P90   *float64 `json:"p90"`
		P95   *float64 `json:"p95"`
		P99   *float64 `json:"p99"`
		P999  *float64 `json:"p99_9"`
		Max   *float64 `json:"max"`
	}{
		d.Count(), ms(d.Min()), ms(d.Mean()), ms(d.Quantile(0.5)), ms(d.Quantile(0.9)),
		ms(d.Quantile(0.95)), ms(d.Quantile(0.99)), ms(d.Quantile(0.999)), ms(d.Max()),
	})
}
