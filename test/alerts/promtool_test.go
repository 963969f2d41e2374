// SPDX-License-Identifier: Apache-2.0

package alerts

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// promtool runs the promtool that test/tools pins. make unit compiles it, and
// names it in PROMTOOL; without that it is compiled at first use.
func promtool(t *testing.T, args ...string) {
	t.Helper()
	command := []string{"go", "tool", "promtool"}
	if compiled := os.Getenv("PROMTOOL"); compiled != "" {
		command = []string{compiled}
	}
	command = append(command, args...)
	cmd := exec.CommandContext(t.Context(), command[0], command[1:]...)
	cmd.Dir = "../tools"
	// Rules need no service discovery, which is most of what would be compiled.
	cmd.Env = append(os.Environ(), "GOFLAGS="+os.Getenv("GOFLAGS")+" -tags=remove_all_sd")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("promtool %v: %v\n%s", args, err, out)
	}
}

// Files of testdata apply to the rules with and without an activator, except these,
// which are about the difference.
var renderedWith = map[string]string{"activator.yaml": withActivator, "activator-two.yaml": withActivatorOfTwo}

// Each file of testdata is for the alerts of one group. It says over which series
// they fire, and over which they do not.
func TestAlertsFireWhenTheyShould(t *testing.T) {
	dir := t.TempDir()
	rules := filepath.Join(dir, "rules.yaml")
	write := func(t *testing.T, values string) {
		t.Helper()
		text, _ := render(t, values)
		if err := os.WriteFile(rules, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, given := range []string{values, withActivator, withActivatorOfTwo} {
		write(t, given)
		promtool(t, "check", "rules", "--lint=all", "--lint-fatal", rules)
	}
	cases, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(cases) == 0 {
		t.Fatalf("no cases in testdata: %v", err)
	}
	for _, path := range cases {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(path)
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
		renderings := []string{values, withActivator}
		if only, ok := renderedWith[name]; ok {
			renderings = []string{only}
		}
		for _, given := range renderings {
			t.Run(name, func(t *testing.T) {
				write(t, given)
				promtool(t, "test", "rules", filepath.Join(dir, name))
			})
		}
	}
}
