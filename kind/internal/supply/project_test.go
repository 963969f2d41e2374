// SPDX-License-Identifier: Apache-2.0

package supply

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/command"
)

// A program is compiled again if, and only if, its sources change.
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
			t.Errorf("after writing %s, the digest has changed: %v, want %v", change.file, next != last, change.compiled)
		}
		last = next
	}
}

// The key of an image covers its program and its recipe.
func TestImagesHaveTheirRecipeInTheirKey(t *testing.T) {
	root := t.TempDir()
	for _, of := range projectImages {
		if err := os.MkdirAll(filepath.Join(root, of.pkg), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, of.pkg, "main.go"), []byte("package main\n\nfunc main() {}\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(root, "go.mod"), []byte("module example.test\n\ngo 1.26.0\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	keys := func(recipes, toolchain string) []string {
		s := &Supply{Root: root, Run: command.Runner{Env: os.Environ()}, recipes: recipes, toolchain: toolchain}
		var keys []string
		for _, of := range projectImages {
			product, err := s.projectImage(t.Context(), of)
			if err != nil {
				t.Fatal(err)
			}
			if product.Ref != "localhost/"+of.name+":"+product.Key {
				t.Errorf("the reference %s of %s does not end with its key %s", product.Ref, of.image, product.Key)
			}
			keys = append(keys, product.Key)
		}
		return keys
	}
	before := keys("recipe", "toolchain")
	for what, after := range map[string][]string{"recipe": keys("another", "toolchain"), "toolchain": keys("recipe", "another")} {
		for i, of := range projectImages {
			if after[i] == before[i] {
				t.Errorf("another %s does not change the key of the image of %s", what, of.image)
			}
		}
	}
}
