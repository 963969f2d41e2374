// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/bench/internal/benchtest"
)

func TestParseSizes(t *testing.T) {
	for list, want := range map[string][]int{"": nil, "1": {1}, "1, 50,200": {1, 50, 200}} {
		if got, err := parseSizes("-sizes", list); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %v, %v, want %v", list, got, err, want)
		}
	}
	for _, list := range []string{"x", "0", "-1", "5001", "1,,2", "1.5"} {
		if _, err := parseSizes("-sizes", list); !errors.Is(err, errSize) || !strings.Contains(err.Error(), list) {
			t.Errorf("%q: error %v, want one that names it", list, err)
		}
	}
}

func TestMedian(t *testing.T) {
	seconds := func(applies ...int) []passage {
		var all []passage
		for i, s := range applies {
			all = append(all, passage{apply: time.Duration(s) * time.Second, rollouts: int64(i)})
		}
		return all
	}
	if row := summary("x", 50, seconds(9, 1, 2)); row.Apply != 2 || row.Rollouts != 2 || row.Size != 50 || row.Subject != "x" {
		t.Errorf("of 9, 1 and 2: %+v, want 2 and the most rollouts", row)
	}
	if row := summary("x", 50, seconds(1, 2, 9, 4)); row.Apply != 3 {
		t.Errorf("of 1, 2, 9 and 4: %+v, want 3", row)
	}
}

// The cost of one rule is compared with that of one of 50: it doubles here from 50 to 200.
func TestTables(t *testing.T) {
	r := &Results{Rows: []Row{
		{Subject: SubjectAdapter, Size: 50, Plan: 1, Apply: 5, Empty: 0.5, Destroy: 3, Rollouts: 1},
		{Subject: SubjectAdapter, Size: 200, Plan: 2, Apply: 40, Empty: 2, Destroy: 6, Rollouts: 2},
	}}
	text := r.Markdown()
	for _, want := range []string{
		"| 50 | 1.00 s | 5.00 s | 100.0 ms | 1.00 | 0.50 s | 10.0 ms | 1.00 | 3.00 s | 1 |\n",
		"| 200 | 2.00 s | 40.00 s | 200.0 ms | 2.00 | 2.00 s | 10.0 ms | 1.00 | 6.00 s | 2 |\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the tables lack %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "terraform_data") {
		t.Errorf("there is a table of what was not measured:\n%s", text)
	}
}

func TestPageFollowsResults(t *testing.T) { benchtest.PageFollowsResults(t, benchmark()) }
