// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestGolden renders each testdata/*.values.yaml and compares the result with its golden file, so
// that the diff of a change shows its effect on the manifests.
func TestGolden(t *testing.T) {
	inputs, err := filepath.Glob("testdata/*.values.yaml")
	if err != nil || len(inputs) == 0 {
		t.Fatalf("no values files in testdata, error %v", err)
	}
	for _, input := range inputs {
		golden := strings.TrimSuffix(input, ".values.yaml") + ".golden"
		t.Run(filepath.Base(golden), func(t *testing.T) {
			values, err := os.ReadFile(input)
			if err != nil {
				t.Fatal(err)
			}
			got := page(mustRender(t, release{"heavywork", string(values)}))
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("the manifests differ from %s; if that is intended, run go test ./app/internal/chart -update\ngot:\n%s", golden, got)
			}
		})
	}
}
