// SPDX-License-Identifier: Apache-2.0

package measure

import (
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// distributionJSON is the stable form of a Distribution. Quantiles are for
// readers only; histogram, min, max and sum_ns are what UnmarshalJSON restores.
type distributionJSON struct {
	Count     int64    `json:"count"`
	Min       *float64 `json:"min"`
	Mean      *float64 `json:"mean"`
	P50       *float64 `json:"p50"`
	P90       *float64 `json:"p90"`
	P95       *float64 `json:"p95"`
	P99       *float64 `json:"p99"`
	P999      *float64 `json:"p99_9"`
	Max       *float64 `json:"max"`
	SumNS     uint64   `json:"sum_ns,omitempty"`
	Histogram string   `json:"histogram,omitempty"`
}

// MarshalJSON writes milliseconds: min and max to the nanosecond, mean and
// quantiles to the microsecond. Without values all of them are null, because a
// latency of 0 would be wrong. histogram is in HdrHistogram's compressed V2
// format, in nanoseconds and base64, which other HdrHistogram implementations
// can read. UnmarshalJSON restores the distribution from it without any loss.
func (d *Distribution) MarshalJSON() ([]byte, error) {
	if d.Count() == 0 {
		return json.Marshal(distributionJSON{})
	}
	histogram, err := d.encode()
	if err != nil {
		return nil, fmt.Errorf("encoding a histogram: %w", err)
	}
	exact := func(v time.Duration) *float64 {
		ms := float64(v) / float64(time.Millisecond)
		return &ms
	}
	rounded := func(v time.Duration) *float64 {
		ms := math.Round(float64(v)/1e3) / 1e3
		return &ms
	}
	return json.Marshal(distributionJSON{
		Count: d.Count(),
		Min:   exact(d.min), Mean: rounded(d.Mean()), Max: exact(d.max),
		P50: rounded(d.Quantile(0.5)), P90: rounded(d.Quantile(0.9)), P95: rounded(d.Quantile(0.95)),
		P99: rounded(d.Quantile(0.99)), P999: rounded(d.Quantile(0.999)),
		SumNS: d.sum, Histogram: string(histogram),
	})
}

func (d *Distribution) encode() ([]byte, error) {
	if d.dense != nil {
		return d.dense.EncodeV2()
	}
	return d.packed.EncodeV2()
}

// UnmarshalJSON reads what MarshalJSON writes, and null as an empty
// distribution. It refuses a histogram of another range or precision, and one
// that contradicts count, min, max or sum: merging would no longer be exact.
func (d *Distribution) UnmarshalJSON(text []byte) error {
	var in distributionJSON
	if err := json.Unmarshal(text, &in); err != nil {
		return fmt.Errorf("reading a distribution: %w", err)
	}
	*d = Distribution{}
	if in.Count == 0 && in.Histogram == "" {
		return nil
	}
	if in.Min == nil || in.Max == nil || in.Histogram == "" {
		return fmt.Errorf("reading a distribution of %d values: min, max and histogram are needed", in.Count)
	}
	packed, err := hdrhistogram.DecodePacked([]byte(in.Histogram))
	if err != nil {
		return fmt.Errorf("reading a distribution of %d values: histogram: %w", in.Count, err)
	}
	own := newPacked()
	if packed.LowestTrackableValue() != own.LowestTrackableValue() ||
		packed.HighestTrackableValue() != own.HighestTrackableValue() ||
		packed.SignificantFigures() != own.SignificantFigures() {
		return fmt.Errorf("reading a distribution of %d values: histogram of %d to %d ns with %d digits, want %d to %d with %d", in.Count,
			packed.LowestTrackableValue(), packed.HighestTrackableValue(), packed.SignificantFigures(),
			own.LowestTrackableValue(), own.HighestTrackableValue(), own.SignificantFigures())
	}
	read := Distribution{
		packed: packed,
		min:    time.Duration(math.Round(*in.Min * float64(time.Millisecond))),
		max:    time.Duration(math.Round(*in.Max * float64(time.Millisecond))),
		sum:    in.SumNS,
	}
	if err := read.consistent(in.Count); err != nil {
		return fmt.Errorf("reading a distribution of %d values: %w", in.Count, err)
	}
	*d = read
	return nil
}

// consistent checks the other fields against the decoded histogram.
func (d *Distribution) consistent(count int64) error {
	if d.packed.TotalCount() != count || count <= 0 {
		return fmt.Errorf("the histogram holds %d", d.packed.TotalCount())
	}
	// min and max must be in the first and the last bucket of the histogram.
	ends := newPacked()
	if d.min < 0 || d.max > Longest || d.min > d.max || ends.RecordValue(int64(d.min)) != nil || ends.RecordValue(int64(d.max)) != nil ||
		ends.Min() != d.packed.Min() || ends.Max() != d.packed.Max() {
		return fmt.Errorf("min %s and max %s do not fit a histogram from %s to %s", d.min, d.max, time.Duration(d.packed.Min()), time.Duration(d.packed.Max()))
	}
	if mean := time.Duration(d.sum / uint64(count)); mean < d.min || mean > d.max {
		return fmt.Errorf("sum_ns gives a mean of %s, outside of %s to %s", mean, d.min, d.max)
	}
	return nil
}
