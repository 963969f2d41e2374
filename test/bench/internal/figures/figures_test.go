// SPDX-License-Identifier: Apache-2.0

package figures

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSpreadOf(t *testing.T) {
	for _, c := range []struct {
		name   string
		sample []float64
		want   Spread
	}{
		{"empty", nil, Spread{}},
		{"one", []float64{3}, Spread{1, 3, 3, 3}},
		{"unsorted", []float64{4, 1, 3, 2, 5}, Spread{5, 3, 2, 4}},
		{"between values", []float64{1, 2, 3, 4}, Spread{4, 2.5, 1.75, 3.25}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := SpreadOf(c.sample); got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

func TestUpdatePage(t *testing.T) {
	page := filepath.Join(t.TempDir(), "page.md")
	write := func(text string) {
		if err := os.WriteFile(page, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("before\n" + begin + "\nold\n" + end + "\nafter\n")
	if err := UpdatePage(page, "new\n"); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if want := "before\n" + begin + "\n\nnew\n\n" + end + "\nafter\n"; string(got) != want {
		t.Errorf("page is\n%s, want\n%s", got, want)
	}
	write("no markers")
	if err := CheckPage(page); err == nil || !strings.Contains(err.Error(), begin) {
		t.Errorf("error is %v, want one that names the marker", err)
	}
}
