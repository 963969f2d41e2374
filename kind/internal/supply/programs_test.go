// SPDX-License-Identifier: Apache-2.0

package supply

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestEditWantsExactlyOnePlace(t *testing.T) {
	tests := map[string]struct{ text, want, failure string }{
		"once":  {"a = old", "a = new", ""},
		"never": {"a = other", "", "does not hold"},
		"twice": {"old old", "", "exactly once"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "f.go")
			if err := os.WriteFile(path, []byte(test.text), 0o644); err != nil {
				t.Fatal(err)
			}
			err := edit{"example.org/m", "f.go", "old", "new"}.apply(dir)
			if test.failure != "" {
				if err == nil || !strings.Contains(err.Error(), test.failure) {
					t.Errorf("got %v", err)
				}
				return
			}
			data, _ := os.ReadFile(path)
			if err != nil || string(data) != test.want {
				t.Errorf("got %q, %v", data, err)
			}
		})
	}
}

func TestWriteResourceChartKeepsBracesAsText(t *testing.T) {
	source := filepath.Join(t.TempDir(), "crd.yaml")
	if err := os.WriteFile(source, []byte("description: use {{ .Name }} here\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := writeResourceChart(dir, "crds", "1.2.3", []string{source}); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, "crds", "templates", "crd.yaml"))
	if err != nil || string(data) != "description: use {{ \"{{\" }} .Name {{ \"}}\" }} here\n" {
		t.Errorf("got %q, %v", data, err)
	}
	if err := writeResourceChart(dir, "none", "1", nil); err == nil {
		t.Error("a chart without manifests is written")
	}
}
