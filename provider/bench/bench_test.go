// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
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
	if row := median("x", 50, seconds(9, 1, 2)); row.Apply != 2 || row.Rollouts != 2 || row.Size != 50 || row.Subject != "x" {
		t.Errorf("of 9, 1 and 2: %+v, want 2 and the most roll-outs", row)
	}
	if row := median("x", 50, seconds(1, 2, 9, 4)); row.Apply != 3 {
		t.Errorf("of 1, 2, 9 and 4: %+v, want 3", row)
	}
}

// The cost of one rule is compared with that of one of 50: it doubles here from 50 to 200.
func TestWriteTables(t *testing.T) {
	r := &Results{Rows: []Row{
		{Subject: SubjectAdapter, Size: 50, Plan: 1, Apply: 5, Empty: 0.5, Destroy: 3, Rollouts: 1},
		{Subject: SubjectAdapter, Size: 200, Plan: 2, Apply: 40, Empty: 2, Destroy: 6, Rollouts: 2},
	}}
	var out strings.Builder
	if err := r.WriteTables(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| 50 | 1.00 s | 5.00 s | 100.0 ms | 1.00 | 0.50 s | 10.0 ms | 1.00 | 3.00 s | 1 |\n",
		"| 200 | 2.00 s | 40.00 s | 200.0 ms | 2.00 | 2.00 s | 10.0 ms | 1.00 | 6.00 s | 2 |\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the tables lack %q:\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "terraform_data") {
		t.Errorf("there is a table of what was not measured:\n%s", out.String())
	}
}

// Only what is between the markers is replaced, and a page without them is left alone.
func TestUpdatePage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "page.md")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r := &Results{Rows: []Row{{Subject: SubjectRules, Size: 50, Apply: 5}}}
	write("above\n" + beginMarker + "old\n" + endMarker + "below\n")
	if err := r.updatePage(path); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := string(got)
	if !strings.HasPrefix(text, "above\n"+beginMarker) || !strings.HasSuffix(text, endMarker+"below\n") || strings.Contains(text, "old") || !strings.Contains(text, "| 50 |") {
		t.Errorf("the page is\n%s", text)
	}
	write("no markers\n")
	if err := r.updatePage(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("error %v, want one that names the page", err)
	}
}
