// SPDX-License-Identifier: Apache-2.0

package job

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// repository has two commits and a file that is in neither.
func repository(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	write := func(name, content string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	git := func(args ...string) {
		cmd := exec.CommandContext(t.Context(), "git", append([]string{"-C", dir, "-c", "user.name=test", "-c", "user.email=test@example.com"}, args...)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	git("init", "--quiet")
	write("file", "first")
	write("go.mod", "module example.com/m\n\ngo 1.26.0\n\ntoolchain go1.26.11\n")
	git("add", ".")
	git("commit", "--quiet", "--message=first")
	write("file", "second")
	git("commit", "--quiet", "--all", "--message=second")
	write("file", "not committed")
	write("uncommitted", "")
	return dir
}

func runJob(t *testing.T, name string, matrix map[string]string, o Options) (string, error) {
	t.Helper()
	j, err := Load("testdata/small.yml", name, matrix)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	o.Repository, o.Environ, o.Stdout, o.Stderr = repository(t), os.Environ(), &out, &out
	err = j.Run(t.Context(), o)
	return out.String(), err
}

func wantLines(t *testing.T, output string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if !strings.Contains("\n"+output, "\n"+line+"\n") {
			t.Errorf("there is no line %q in\n%s", line, output)
		}
	}
	if strings.Contains(output, "must not be seen") {
		t.Errorf("a command ran that must not:\n%s", output)
	}
}

func TestStepsRunInACloneWithTheWorkflowsEnvironment(t *testing.T) {
	output, err := runJob(t, "good", map[string]string{"fruit": "pear"}, Options{})
	if err != nil {
		t.Error(err)
	}
	wantLines(t, output,
		"-- replaced by GOTOOLCHAIN=go1.26.11, as go.mod says",
		"-- skipped: uses some/other@0000000000000000000000000000000000000000",
		"source registry, level job, fruit pear and one, go go1.26.11",
		"commits 2, file second, uncommitted none",
		"level step",
		"job good: passed")
	if !strings.Contains(output, "simple a=b, long one two, level handed over, ") {
		t.Errorf("what went to GITHUB_ENV did not reach the next step:\n%s", output)
	}
}

func TestOverridesWin(t *testing.T) {
	override := map[string]string{"SOURCE": "build", "LEVEL": "override"}
	output, err := runJob(t, "good", map[string]string{"fruit": "apple"}, Options{Override: override})
	if err != nil {
		t.Error(err)
	}
	wantLines(t, output, "source build, level override, fruit apple and one, go go1.26.11", "level override")
}

func TestAfterAFailure(t *testing.T) {
	output, err := runJob(t, "bad", nil, Options{})
	if err == nil || err.Error() != "job bad: failed in Breaks" {
		t.Errorf("error is %v, want it to name the step that failed", err)
	}
	wantLines(t, output, "commits 1", "-- skipped: its condition does not hold", "records, kept yes", "in any case")
}

func TestTheCloneGoes(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	for _, keep := range []bool{false, true} {
		if _, err := runJob(t, "bad", nil, Options{Keep: keep}); err == nil {
			t.Error("no error")
		}
		left, err := filepath.Glob(filepath.Join(os.TempDir(), "workflow-*", "clone", "file"))
		if err != nil || (len(left) == 1) != keep {
			t.Errorf("keep is %t, and %q is left (%v)", keep, left, err)
		}
	}
}

func TestWhatCannotRunIsRefusedBeforeAnyStep(t *testing.T) {
	const steps = "jobs:\n  j:\n    steps:\n      - run: echo\n"
	for name, c := range map[string]struct{ workflow, want string }{
		"field":      {steps + "        working-directory: app\n", "field working-directory not found"},
		"job field":  {"jobs:\n  j:\n    container: debian\n", "field container not found"},
		"expression": {steps + "        env: {A: '${{ secrets.A }}'}\n", "${{ secrets.A }}: only runner.temp and the keys"},
		"condition":  {steps + "        if: github.ref == 'main'\n", "if: github.ref == 'main': only success()"},
		"nothing":    {"jobs:\n  j:\n    steps:\n      - name: idle\n", `step "idle": it must have either uses or run`},
		"job":        {"jobs:\n  a:\n    steps: []\n  b:\n    steps: []\n", `job "j": `},
		"no value":   {"jobs:\n  j:\n    strategy: {matrix: {k: [a, b]}}\n", "-matrix k=: use one of a, b"},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "w.yml")
			if err := os.WriteFile(file, []byte(c.workflow), 0o644); err != nil {
				t.Fatal(err)
			}
			if _, err := Load(file, "j", nil); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error is %v, want %q in it", err, c.want)
			}
		})
	}
	for _, matrix := range []map[string]string{{"fruit": "plum"}, {"fruit": "pear", "tree": "oak"}} {
		if _, err := Load("testdata/small.yml", "good", matrix); err == nil || !strings.Contains(err.Error(), "-matrix ") {
			t.Errorf("%v: error is %v, want one that names -matrix", matrix, err)
		}
	}
}

func TestBrokenGitHubEnv(t *testing.T) {
	for _, text := range []string{"no value\n", "=x\n", "A<<END\nvalue\n"} {
		if set, err := parseEnvironment(text); err == nil {
			t.Errorf("%q: no error, but %v", text, set)
		}
	}
}
