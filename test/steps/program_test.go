// SPDX-License-Identifier: Apache-2.0

package steps

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// machine returns a folder for PATH with programs of this test's own. Its apt-get
// installs a browser.
func machine(t *testing.T, user string, programs ...string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, text := range map[string]string{
		"id":      "echo " + user,
		"apt-get": `[ "$2" != install ] || { printf '#!/bin/sh\n' > "$HERE/browser"; chmod +x "$HERE/browser"; }`,
		"browser": "", "browser-2": "",
	} {
		for _, wanted := range append(programs, "id") {
			if name == wanted {
				if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	for _, name := range []string{"head", "grep", "chmod"} {
		path, err := exec.LookPath(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(path, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestProgram(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat("program.sh"); err != nil { // also invalidates a cached result when the script changes
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		user     string
		programs []string
		found    string // in the machine's folder
		says     string // on standard error
	}{
		"the first":          {"1000", []string{"browser", "browser-2"}, "browser", ""},
		"the second":         {"1000", []string{"browser-2"}, "browser-2", ""},
		"root on Debian":     {"0", []string{"apt-get"}, "browser", "installing a-package with apt-get\n"},
		"root, with it":      {"0", []string{"apt-get", "browser-2"}, "browser-2", ""},
		"root elsewhere":     {"0", nil, "", "browser is missing: install the package a-package, "},
		"somebody on Debian": {"1000", []string{"apt-get"}, "", "browser is missing: install the package a-package, "},
	} {
		t.Run(name, func(t *testing.T) {
			dir := machine(t, c.user, c.programs...)
			cmd := exec.CommandContext(t.Context(), bash, "program.sh", "a-package", "browser", "browser-2")
			cmd.Env = []string{"PATH=" + dir, "HERE=" + dir}
			var stderr strings.Builder
			cmd.Stderr = &stderr
			output, err := cmd.Output()
			want := ""
			if c.found != "" {
				want = filepath.Join(dir, c.found) + "\n"
			}
			if (err == nil) != (c.found != "") || string(output) != want || !strings.HasPrefix(stderr.String(), c.says) || (c.says == "") != (stderr.Len() == 0) {
				t.Errorf("ended with %v and %q, and said %q; want %q and %q", err, output, &stderr, want, c.says)
			}
		})
	}
}
