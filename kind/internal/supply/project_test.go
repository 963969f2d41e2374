// SPDX-License-Identifier: Apache-2.0

package supply

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/command"
)

// A program is compiled again when, and only when, what it is made of changes.
func TestProjectSourcesCoverWhatIsCompiled(t *testing.T) {
	root := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("go.mod", "module example.test\n\ngo 1.26.0\n")
	write("main.go", "package main\n\nimport _ \"example.test/page\"\n\nfunc main() {}\n")
	write("page/page.go", "package page\n\nimport \"embed\"\n\n//go:embed assets\nvar Assets embed.FS\n")
	write("page/assets/script.js", "one")

	s := &Supply{Root: root, Run: command.Runner{Env: os.Environ()}}
	digest := func() string {
		t.Helper()
		sum, err := s.projectSources(t.Context(), ".")
		if err != nil {
			t.Fatal(err)
		}
		return sum
	}
	last := digest()
	for _, change := range []struct {
		file, text string
		compiled   bool
	}{
		{"page/assets/script.js", "two", true},
		{"page/assets/style.css", "new", true},
		{"page/page.go", "package page\n\nimport \"embed\"\n\n//go:embed assets/script.js\nvar Assets embed.FS\n", true},
		{"page/assets/style.css", "no longer embedded", false},
		{"page/page_test.go", "package page\n", false},
		{"elsewhere/elsewhere.go", "package elsewhere\n", false},
	} {
		write(change.file, change.text)
		next := digest()
		if (next != last) != change.compiled {
			t.Errorf("%s was written: digest changed is %v, want %v", change.file, next != last, change.compiled)
		}
		last = next
	}
}
