// SPDX-License-Identifier: Apache-2.0

// Package benchtest checks benchmarks in their tests.
package benchtest

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/bench/internal/command"
)

// PageFollowsResults fails the test unless a benchmark's page and picture in
// docs/benchmarks are what the results next to them render to.
func PageFollowsResults[R any](t *testing.T, b command.Benchmark[R]) {
	t.Helper()
	published, dir := filepath.Join("..", "..", "docs", "benchmarks", b.Name), t.TempDir()
	path := func(suffix string) string { return filepath.Join(dir, b.Name+suffix) }
	read := func(file string) string {
		t.Helper()
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return string(content)
	}
	if err := os.WriteFile(path(".md"), []byte(read(published+".md")), 0o600); err != nil {
		t.Fatal(err)
	}
	args, suffixes := []string{"-from", published + ".json", "-json", path(".json"), "-markdown", path(".md")}, []string{".json", ".md"}
	if b.SVG != nil {
		args, suffixes = append(args, "-svg", path(".svg")), append(suffixes, ".svg")
	}
	if err := b.Run(t.Context(), args, io.Discard, io.Discard); err != nil {
		t.Fatal(err)
	}
	for _, suffix := range suffixes {
		if got, want := read(path(suffix)), read(published+suffix); got != want {
			t.Errorf("%s%s is rendered as\n%s\nbut is\n%s", b.Name, suffix, got, want)
		}
	}
}
