// SPDX-License-Identifier: Apache-2.0

package faultlog

import (
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestRecordsComeBackInTheOrderOfTheFaults(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	first := Record{Fault: "first", Test: "TestZ/part", Began: at, Replicas: 3, MetricGone: 1.25, Recovered: 20, Sent: 100, LostPermitted: "none", Alerts: []string{"Down"}}
	second := Record{Fault: "second", Test: "TestA", Began: at.Add(time.Second), Lost: 2}
	for _, r := range []Record{second, {Fault: "outdated", Test: "TestZ/part"}, first} {
		if _, err := Save(dir, r); err != nil {
			t.Fatal(err)
		}
	}
	got, err := Load(dir)
	if err != nil || !reflect.DeepEqual(got, []Record{first, second}) {
		t.Errorf("records are %+v, error %v, want first and second", got, err)
	}
}

func TestLoadSaysWhatToDoWithoutRecords(t *testing.T) {
	if _, err := Load(t.TempDir()); err == nil || !strings.Contains(err.Error(), "go test ./test") {
		t.Errorf("error is %v, want one with the command that makes records", err)
	}
}

func TestTable(t *testing.T) {
	table := Table([]Record{{Fault: "a fault", Held: 120, MetricGone: 121.26, Recovered: 7.04, Replicas: 4, Sent: 900, Lost: 1, LostPermitted: "any", Alerts: []string{"A", "B"}}})
	const want = "| a fault | 120.0 | 121.3 | 0 | 0 | 7.0 | 4 | 900 | 1 | any | `A`, `B` |\n"
	if !strings.HasSuffix(table, want) {
		t.Errorf("table is\n%s\nwant it to end with\n%s", table, want)
	}
	for line := range strings.Lines(table) {
		if n := strings.Count(line, "|"); n != 12 {
			t.Errorf("a line has %d bars, want 12: %s", n, line)
		}
	}
}
