// SPDX-License-Identifier: Apache-2.0

package artefact

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// counted returns a spec whose Build writes two files and counts its calls.
func counted(calls *int) Spec {
	return Spec{Name: "thing", Key: Key("v1"), Build: func(_ context.Context, dir string) error {
		*calls++
		if err := os.WriteFile(filepath.Join(dir, "a"), []byte("alpha"), 0o644); err != nil {
			return err
		}
		return os.Symlink("a", filepath.Join(dir, "b"))
	}}
}

func TestEnsureBuildsOnce(t *testing.T) {
	dir, calls := t.TempDir(), 0
	for range 3 {
		// A new store each time: the state is on disk.
		if _, err := NewStore(dir).Ensure(t.Context(), counted(&calls)); err != nil {
			t.Fatal(err)
		}
	}
	if calls != 1 {
		t.Errorf("built %d times, want once", calls)
	}
}

func TestEnsureRebuildsDamage(t *testing.T) {
	damages := map[string]func(path string) error{
		"changed byte":     func(p string) error { return os.WriteFile(filepath.Join(p, "a"), []byte("alphA"), 0o644) },
		"truncated file":   func(p string) error { return os.Truncate(filepath.Join(p, "a"), 2) },
		"missing file":     func(p string) error { return os.Remove(filepath.Join(p, "a")) },
		"stray file":       func(p string) error { return os.WriteFile(filepath.Join(p, "c"), nil, 0o644) },
		"missing manifest": func(p string) error { return os.Remove(filepath.Join(p, manifestName)) },
		"empty manifest":   func(p string) error { return os.Truncate(filepath.Join(p, manifestName), 0) },
	}
	for name, damage := range damages {
		t.Run(name, func(t *testing.T) {
			dir, calls := t.TempDir(), 0
			path, err := NewStore(dir).Ensure(t.Context(), counted(&calls))
			if err != nil {
				t.Fatal(err)
			}
			if err := damage(path); err != nil {
				t.Fatal(err)
			}
			if path, err = NewStore(dir).Ensure(t.Context(), counted(&calls)); err != nil {
				t.Fatal(err)
			}
			data, err := os.ReadFile(filepath.Join(path, "a"))
			if err != nil || string(data) != "alpha" || calls != 2 {
				t.Errorf("after %d builds the file holds %q (%v)", calls, data, err)
			}
		})
	}
}

func TestEnsureStartsOverAfterFailure(t *testing.T) {
	dir, calls := t.TempDir(), 0
	spec := counted(&calls)
	good := spec.Build
	spec.Build = func(_ context.Context, dir string) error {
		if err := os.WriteFile(filepath.Join(dir, "half"), nil, 0o644); err != nil {
			return err
		}
		return errors.New("interrupted")
	}
	store := NewStore(dir)
	if _, err := store.Ensure(t.Context(), spec); err == nil || !strings.Contains(err.Error(), "interrupted") {
		t.Fatalf("got %v", err)
	}
	if store.Has(spec) {
		t.Error("a failed build counts as finished")
	}
	spec.Build = good
	path, err := store.Ensure(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(path, "half")); err == nil {
		t.Error("the artefact has a file of the failed build")
	}
}

func TestEnsureRemovesOldBuilds(t *testing.T) {
	store, calls := NewStore(t.TempDir()), 0
	var paths []string
	for _, version := range []string{"1", "2", "3", "4"} {
		spec := counted(&calls)
		spec.Key = Key(version)
		path, err := store.Ensure(t.Context(), spec)
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	for i, path := range paths {
		_, err := os.Stat(path)
		if gone := err != nil; gone != (i == 0) {
			t.Errorf("build %d: gone is %v", i+1, gone)
		}
	}
}

func TestKeySeparatesInputs(t *testing.T) {
	if Key("ab", "c") == Key("a", "bc") {
		t.Error("the boundary between inputs does not change the key")
	}
}

func TestTreeSeesContentNameAndMode(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "x", "f")
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte("one"), 0o644); err != nil {
		t.Fatal(err)
	}
	before := mustTree(t, dir)
	for _, change := range []func() error{
		func() error { return os.WriteFile(file, []byte("two"), 0o644) },
		func() error { return os.Chmod(file, 0o755) },
		func() error { return os.Rename(file, file+"2") },
	} {
		if err := change(); err != nil {
			t.Fatal(err)
		}
		after := mustTree(t, dir)
		if after == before {
			t.Error("a change does not change the digest")
		}
		before = after
	}
}

func mustTree(t *testing.T, dir string) string {
	t.Helper()
	digest, err := Tree(dir, nil, "x")
	if err != nil {
		t.Fatal(err)
	}
	return digest
}
