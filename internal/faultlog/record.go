// SPDX-License-Identifier: Apache-2.0

// Package faultlog keeps what the fault tests measured: one file for each fault,
// and a table of all.
package faultlog

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Dir is where the records of a cluster are, below its log folder.
const Dir = "faults"

// Record is the outcome of one fault. Times are in seconds.
type Record struct {
	Fault         string    `json:"fault"` // in plain words
	Test          string    `json:"test"`
	Began         time.Time `json:"began"`
	Replicas      int32     `json:"replicas"`                // that the load wanted, before, during and after
	Held          float64   `json:"held_seconds"`            // how long the fault was kept up; 0 for a momentary one
	MetricGone    float64   `json:"metric_gone_seconds"`     // longest time without a value for each pod on the metrics API
	Blind         float64   `json:"blind_seconds"`           // longest time in which the autoscaler reported that it cannot read its metric
	TrafficGone   float64   `json:"traffic_gone_seconds"`    // longest time in which the ingress did not answer
	Recovered     float64   `json:"recovered_seconds"`       // from the fault, or the end of one that was kept up, until the autoscaler read the right rate again
	Sent          int64     `json:"requests_sent"`           // since the load was steady
	Lost          int64     `json:"requests_lost"`           // of those sent, without a successful response
	LostPermitted string    `json:"requests_lost_permitted"` // which of them may be lost
	Alerts        []string  `json:"alerts"`                  // that were seen firing
}

// Save writes the record of a fault to dir and returns the file's path. It replaces an
// earlier record of the same test.
func Save(dir string, r Record) (string, error) {
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return "", fmt.Errorf("encoding the record of %s: %w", r.Test, err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("creating the folder for the record of %s: %w", r.Test, err)
	}
	path := filepath.Join(dir, strings.ReplaceAll(r.Test, "/", "-")+".json") // a subtest has its parent's name before its own
	if err := os.WriteFile(path, append(data, '\n'), 0o644); err != nil {
		return "", fmt.Errorf("saving the record of %s: %w", r.Test, err)
	}
	return path, nil
}

// Load reads all records of a folder, in the order of the faults. It fails if there
// are none.
func Load(dir string) ([]Record, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return nil, fmt.Errorf("looking for records in %s: %w", dir, err)
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("no records in %s: run `go test ./test -v -run '^TestFault' -timeout 60m` first, or `make test-nodes`", dir)
	}
	var records []Record
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("reading a record: %w", err)
		}
		var r Record
		if err := json.Unmarshal(data, &r); err != nil {
			return nil, fmt.Errorf("reading the record %s: %w", path, err)
		}
		records = append(records, r)
	}
	slices.SortFunc(records, func(a, b Record) int { return a.Began.Compare(b.Began) })
	return records, nil
}

// Table formats records as a Markdown table.
func Table(records []Record) string {
	var b strings.Builder
	b.WriteString("| Fault | Kept up, s | Metric gone, s | Autoscaler blind, s | Traffic gone, s | Recovered after, s | Replicas | Sent | Lost | May be lost | Alerts seen firing |\n")
	b.WriteString("| --- | --: | --: | --: | --: | --: | --: | --: | --: | --- | --- |\n")
	for _, r := range records {
		alerts := "none: too short"
		if len(r.Alerts) > 0 {
			alerts = "`" + strings.Join(r.Alerts, "`, `") + "`"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %.1f | %d | %d | %d | %s | %s |\n", r.Fault, orNone(r.Held), orNone(r.MetricGone),
			orNone(r.Blind), orNone(r.TrafficGone), r.Recovered, r.Replicas, r.Sent, r.Lost, r.LostPermitted, alerts)
	}
	return b.String()
}

func orNone(seconds float64) string {
	if seconds == 0 {
		return "0"
	}
	return fmt.Sprintf("%.1f", seconds)
}
