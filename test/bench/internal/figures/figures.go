// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"slices"
	"time"
)

// Spread is the middle of a sample and how wide it is, in the unit of the
// sample.
type Spread struct {
	N      int     `json:"n"`
	Median float64 `json:"median"`
	Lower  float64 `json:"lower_quartile"`
	Upper  float64 `json:"upper_quartile"`
}

// SpreadOf returns the quartiles of a sample by linear interpolation; of an
// empty one, zeros.
func SpreadOf(sample []float64) Spread {
	if len(sample) == 0 {
		return Spread{}
	}
	sorted := slices.Sorted(slices.Values(sample))
	at := func(p float64) float64 {
		// Between two values by their distance (type 7 of Hyndman and Fan), as
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

// ThisMachine describes the present.
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
