// SPDX-License-Identifier: Apache-2.0

package steps

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// macOS ships make 3.81 of 2006, which ignores later features, mostly silently.
func TestMakefileKeepsToMake381(t *testing.T) {
	data, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	later := regexp.MustCompile(`(?m)^\.(SHELLFLAGS|ONESHELL)\b|\$\(file |^\w+ *!=|^undefine |&:`)
	if found := later.FindString(string(data)); found != "" {
		t.Errorf("make 3.81 does not know %q", found)
	}
}

// A recipe ends at the first command that fails, even in the middle of a pipe.
func TestARecipeEndsAtTheFirstFailure(t *testing.T) {
	data, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	shell := regexp.MustCompile(`(?m)^SHELL := .*$`).FindString(string(data))
	for _, recipe := range []string{"false; echo went on", "false | cat; echo went on", "echo $$NO_SUCH_VARIABLE; echo went on"} {
		file := filepath.Join(t.TempDir(), "Makefile")
		if err := os.WriteFile(file, []byte(shell+"\nall:\n\t@"+recipe+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		output, err := exec.CommandContext(t.Context(), "make", "-f", file).CombinedOutput()
		if err == nil || strings.Contains(string(output), "went on") {
			t.Errorf("%q ended with %v and %q", recipe, err, output)
		}
	}
}
