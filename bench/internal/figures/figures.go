// SPDX-License-Identifier: Apache-2.0

// Package figures sums up what benchmarks have measured, and says where.
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

// Quantile returns the value that a share q of the sample, from 0 to 1, is not
// above: the nearest rank, so always one that was measured. Of nothing it is 0.
func Quantile(sample []float64, q float64) float64 {
	if len(sample) == 0 {
		return 0
	}
	return stat.Quantile(q, stat.Empirical, slices.Sorted(slices.Values(sample)), nil)
}

// Median returns the middle of the sample, of an even number the middle between
// the two, and 0 of nothing.
func Median(sample []float64) float64 { return SpreadOf(sample).Median }

// Spread is the middle of a sample and how wide it is, in the unit of the
// sample.
type Spread struct {
	N      int     `json:"n"`
	Median float64 `json:"median"`
	Lower  float64 `json:"lower_quartile"`
	Upper  float64 `json:"upper_quartile"`
}

// SpreadOf returns the quartiles of a sample by linear interpolation; of an
// empty one, zeros. It is type 7 of Hyndman and Fan (Sample Quantiles in
// Statistical Packages, 1996), the default of R, which gonum lacks.
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

// String is the sentence that begins a page's tables.
func (m Machine) String() string {
	return fmt.Sprintf("Measured on %s with Linux %s, %d cores, %s.", m.Date, m.Kernel, m.Cores, m.Go)
}

// Platform is this machine in short.
func Platform() string {
	return fmt.Sprintf("%s/%s, %d processors", runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
}
