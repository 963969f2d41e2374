// SPDX-License-Identifier: Apache-2.0

package page

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTable(t *testing.T) {
	got := Table([]string{"Pods", "p50", "p99"}, [][]string{{"1", "2 ms", "3 ms"}, {"10"}})
	want := "| Pods | p50 | p99 |\n| --- | ---: | ---: |\n| 1 | 2 ms | 3 ms |\n| 10 |  |  |\n"
	if got != want {
		t.Errorf("the table is\n%s\nwant\n%s", got, want)
	}
}

func TestReplaceKeepsTheRest(t *testing.T) {
	file := filepath.Join(t.TempDir(), "page.md")
	begin, end := Markers("make x")
	if err := os.WriteFile(file, []byte("above\n"+begin+"\nold\n"+end+"\nbelow\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time must find what the first one wrote
		if err := Replace(file, "make x", "new\n"); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if want := "above\n" + begin + "\n\nnew\n\n" + end + "\nbelow\n"; string(got) != want {
		t.Errorf("the page is %q, want %q", got, want)
	}
}

func TestCheckWantsBothMarkers(t *testing.T) {
	begin, end := Markers("make x")
	for text, fine := range map[string]bool{begin + end: true, begin: false, end: false, end + begin: false, "": false} {
		file := filepath.Join(t.TempDir(), "page.md")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		err := Check(file, "make x")
		if (err == nil) != fine {
			t.Errorf("page %q: error %v", text, err)
		}
		if err != nil && !strings.Contains(err.Error(), file) {
			t.Errorf("error %q does not name the page", err)
		}
	}
}
