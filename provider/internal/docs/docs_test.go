// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/tfdev"
)

const providerDir = "../.."

// The pages are what the schemas, the templates and the examples generate.
func TestDocsAreCurrent(t *testing.T) {
	read(t, filepath.Join(providerDir, "templates")) // so that go test knows that the result depends on them
	read(t, filepath.Join(providerDir, "examples"))
	absolute, err := filepath.Abs(providerDir)
	if err != nil {
		t.Fatal(err)
	}
	fresh := t.TempDir()
	out, err := filepath.Rel(absolute, fresh)
	if err != nil {
		t.Fatal(err)
	}
	if err := Generate(t.Context(), providerDir, out); err != nil {
		t.Fatal(err)
	}
	want, have := read(t, fresh), read(t, filepath.Join(providerDir, "docs"))
	for path, text := range want {
		switch old, ok := have[path]; {
		case !ok:
			t.Errorf("docs/%s is missing; run make provider-docs", path)
		case old != text:
			t.Errorf("docs/%s is out of date; run make provider-docs. %s", path, firstDifference(old, text))
		}
	}
	for path := range have {
		if _, ok := want[path]; !ok {
			t.Errorf("docs/%s has no source; run make provider-docs", path)
		}
	}
	if len(want) == 0 {
		t.Error("no page was made")
	}
}

// Each example is formatted, and Terraform accepts it with the provider of this clone. Examples are complete configurations except for
// the declaration of the provider.
func TestExamplesAreValid(t *testing.T) {
	terraform, err := tfdev.New(t.Context(), providerDir, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for dir, files := range byFolder(read(t, filepath.Join(providerDir, "examples"))) {
		t.Run(dir, func(t *testing.T) {
			work := t.TempDir()
			declared := false
			for name, text := range files {
				write(t, filepath.Join(work, name), text)
				declared = declared || strings.Contains(text, "required_providers")
			}
			if _, err := terraform.Run(t.Context(), work, "fmt", "-check", "-diff"); err != nil {
				t.Errorf("not formatted: %v", err)
			}
			// Terraform supports identities in import blocks since version 1.12, and a resource can be imported only once.
			if err := os.Remove(filepath.Join(work, "import-by-identity.tf")); err != nil && !errors.Is(err, fs.ErrNotExist) {
				t.Fatal(err)
			}
			if !declared {
				write(t, filepath.Join(work, "required_providers.tf"), tfdev.RequiredProviders)
			}
			if _, err := terraform.Run(t.Context(), work, "validate"); err != nil {
				t.Error(err)
			}
		})
	}
}

// byFolder groups .tf files. Files that Terraform itself ignores, such as import.sh, are left out.
func byFolder(files map[string]string) map[string]map[string]string {
	folders := map[string]map[string]string{}
	for path, text := range files {
		if filepath.Ext(path) != ".tf" {
			continue
		}
		dir := filepath.Dir(path)
		if folders[dir] == nil {
			folders[dir] = map[string]string{}
		}
		folders[dir][filepath.Base(path)] = text
	}
	return folders
}

// read returns all files below a folder.
func read(t *testing.T, root string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		files[filepath.ToSlash(rel)] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func firstDifference(old, fresh string) string {
	was, is := strings.Split(old, "\n"), strings.Split(fresh, "\n")
	for i := range min(len(was), len(is)) {
		if was[i] != is[i] {
			return "Line " + was[i] + "\nshould be " + is[i]
		}
	}
	return "One of the two is longer."
}
