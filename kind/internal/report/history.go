// SPDX-License-Identifier: Apache-2.0

package report

import (
	"encoding/json"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// History keeps how long each step took the last time. It serves estimates only, so
// a failure to read or write it is ignored.
type History struct {
	path    string
	mu      sync.Mutex
	seconds map[string]float64
}

// OpenHistory reads the history kept in a file.
func OpenHistory(path string) *History {
	h := &History{path: path, seconds: map[string]float64{}}
	if data, err := os.ReadFile(path); err == nil {
		_ = json.Unmarshal(data, &h.seconds)
	}
	return h
}

// Get returns the last duration of a step, or 0.
func (h *History) Get(name string) time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	return time.Duration(h.seconds[name] * float64(time.Second))
}

// Sum adds up the last durations of several steps.
func (h *History) Sum(names []string) time.Duration {
	var sum time.Duration
	for _, name := range names {
		sum += h.Get(name)
	}
	return sum
}

// Record keeps a duration for the next run.
func (h *History) Record(name string, took time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.seconds[name] = took.Seconds()
	data, err := json.MarshalIndent(h.seconds, "", "  ")
	if err != nil || os.MkdirAll(filepath.Dir(h.path), 0o755) != nil {
		return
	}
	if os.WriteFile(h.path+".tmp", data, 0o644) == nil {
		_ = os.Rename(h.path+".tmp", h.path)
	}
}
