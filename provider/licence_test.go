// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A file of the provider carries its licence wherever it is copied: each Go file begins with it, as an SPDX identifier.
func TestLicenceHeaders(t *testing.T) {
	const header = "// SPDX-License-Identifier: Apache-2.0\n\n"
	seen := 0
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".go" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		seen++
		if !strings.HasPrefix(string(text), header) {
			t.Errorf("%s does not begin with %q and a blank line", path, strings.TrimSpace(header))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen == 0 {
		t.Error("no Go file was found: the test looks in the wrong place")
	}
}
