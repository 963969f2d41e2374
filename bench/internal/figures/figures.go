// SPDX-License-Identifier: Apache-2.0

// Package figures summarizes what benchmarks have measured, and says where.
package figures

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"slices"
	"time"

	"gonum.org/v1/gonum/stat"
)

// Quantile returns the smallest value of the sample that at least a share q of it,
// from 0 to 1, does not exceed: the nearest rank. It is 0 for an empty sample.
func Quantile(sample []float64, q float64) float64 {
	if len(sample) == 0 {
		return 0
	}
	return stat.Quantile(q, stat.Empirical, slices.Sorted(slices.Values(sample)), nil)
}

// Median returns the median of the sample, which for an even number of values is
// the mean of the middle two. It is 0 for an empty sample.
func Median(sample []float64) float64 { return SpreadOf(sample).Median }

// Spread is the median and the quartiles of a sample, in the unit of the sample.
type Spread struct {
	N      int     `json:"n"`
	Median float64 `json:"median"`
	Lower  float64 `json:"lower_quartile"`
	Upper  float64 `json:"upper_quartile"`
}

// SpreadOf returns the quartiles of a sample by linear interpolation, or zeros for
// an empty one. It is type 7 of Hyndman and Fan (Sample Quantiles in Statistical
// Packages, 1996), the default of R, which gonum lacks.
func SpreadOf(sample []float64) Spread {
	if len(sample) == 0 {
		return Spread{}
	}
	sorted := slices.Sorted(slices.Values(sample))
	at := func(p float64) float64 {
		position := p * float64(len(sorted)-1)
		i := int(position)
		if i+1 == len(sorted) {
			return sorted[i]
		}
		return sorted[i] + (position-float64(i))*(sorted[i+1]-sorted[i])
	}
	return Spread{N: len(sorted), Median: at(0.5), Lower: at(0.25), Upper: at(0.75)}
}

// Machine says where and when something was measured.
type Machine struct {
	Date   string `json:"date"`
	Cores  int    `json:"cores"`
	Kernel string `json:"kernel"`
	Go     string `json:"go"`
}

// ThisMachine describes the machine that it runs on.
func ThisMachine() Machine {
	m := Machine{Date: time.Now().Format(time.DateOnly), Cores: runtime.NumCPU(), Go: runtime.Version()}
	if release, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		m.Kernel = string(bytes.TrimSpace(release))
	}
	return m
}

// String returns the sentence that begins a page's tables.
func (m Machine) String() string {
	return fmt.Sprintf("Measured on %s with Linux %s, %d cores, %s.", m.Date, m.Kernel, m.Cores, m.Go)
}

// Platform returns a short description of this machine.
func Platform() string {
	return fmt.Sprintf("%s/%s, %d processors", runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
}
