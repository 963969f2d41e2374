// SPDX-License-Identifier: Apache-2.0

// Package steps tests run.sh, with which make test runs its steps.
package steps

import (
	"bufio"
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

const makefile = `
first:
	@echo to stdout; echo to stderr >&2
second:
	@echo this one fails; exit 3
third:
	@echo after the failure
long:
	@echo "--- FAIL: TestEarly (0.00s)"; echo "    early_test.go:7: broke early"; seq 1000; exit 3
verbose:
	@echo "=== RUN   TestGood"; echo "    good_test.go:7: fine"; echo "--- PASS: TestGood (0.00s)"; \
	echo "=== RUN   TestBad"; seq 100; echo "    bad_test.go:8: broke"; echo "        because of this"; \
	for n in 1 2 3 4 5 6 7 8 9; do echo "    bad_test.go:9: and also $$n"; done; \
	for n in 1 2 3 4 5 6 7 8; do echo "    save.go:9: saved $$n"; done; echo "--- FAIL: TestBad (0.00s)"; \
	echo "=== RUN   TestNext"; seq 1000; exit 3
endless:
	@echo endless has begun; exec sleep 600
`

// command returns run.sh over the Makefile above, and the folder of its logs.
func command(t *testing.T, environment []string, steps ...string) (cmd *exec.Cmd, logs string) {
	t.Helper()
	script, err := filepath.Abs("run.sh")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(script); err != nil { // also invalidates a cached result when the script changes
		t.Fatal(err)
	}
	dir, state := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "Makefile"), []byte(makefile), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd = exec.CommandContext(t.Context(), script, steps...)
	cmd.Dir = dir
	// A make that runs this test must not pass its flags and its level on to the make under test.
	cmd.Env = append(os.Environ(), "MAKE=make", "MAKEFLAGS=", "MAKELEVEL=0", "XDG_STATE_HOME="+state, "CLUSTER=demo")
	cmd.Env = append(cmd.Env, environment...)
	cmd.WaitDelay = 10 * time.Second
	return cmd, filepath.Join(state, "nginx-prometheus-hpa", ".logs", "demo", "steps")
}

func TestAFailureDoesNotStopTheRest(t *testing.T) {
	cmd, logs := command(t, nil, "first", "second", "third")
	output, err := cmd.Output()
	if cmd.ProcessState.ExitCode() != 1 {
		t.Errorf("ended with %v, want exit code 1", err)
	}
	rest := string(output)
	for _, want := range []string{
		"== step 1 of 3: first\n", "to stdout\nto stderr\n", "-- first passed, ",
		"== step 2 of 3: second\n", "this one fails\n", "-- second FAILED, ",
		"== step 3 of 3: third\n", "after the failure\n", "-- third passed, ",
		"\nstep ", "result ", "time ", "log\n",
		"first ", "passed ", filepath.Join(logs, "first.log") + "\n",
		"second ", "FAILED ", filepath.Join(logs, "second.log") + "\n",
		"third ", "passed ", filepath.Join(logs, "third.log") + "\n",
		"1 of 3 steps failed: second\n",
	} {
		_, after, found := strings.Cut(rest, want)
		if !found {
			t.Fatalf("the output lacks %q, or has it in another place:\n%s", want, output)
		}
		rest = after
	}
	for name, want := range map[string]string{"first": "to stdout\nto stderr\n", "second": "this one fails\n", "third": "after the failure\n"} {
		if log, err := os.ReadFile(filepath.Join(logs, name+".log")); err != nil || !strings.HasPrefix(string(log), want) {
			t.Errorf("the log of %s begins with %q (%v), want %q", name, log, err, want)
		}
	}
}

func TestEveryFailureIsNamed(t *testing.T) {
	cmd, _ := command(t, nil, "second", "first", "no-such-target")
	output, err := cmd.Output()
	if cmd.ProcessState.ExitCode() != 1 || !strings.HasSuffix(string(output), "2 of 3 steps failed: second, no-such-target\n") {
		t.Errorf("ended with %v:\n%s", err, output)
	}
}

// Often only the end of a long log is kept.
func TestTheEndTellsWhatFailed(t *testing.T) {
	cmd, _ := command(t, nil, "long", "verbose", "second")
	output, err := cmd.Output()
	end := string(output[bytes.LastIndex(output, []byte("second.log\n\n")):])
	for _, want := range []string{"--- FAIL: TestEarly", "broke early", "    bad_test.go:8: broke\n        because of this\n    bad_test.go:9: and also 1", "and also 9\n--- FAIL: TestBad", "this one fails"} {
		if !strings.Contains(end, want) {
			t.Errorf("ended with %v, and the end lacks %q:\n%s", err, want, end)
		}
	}
	for _, bad := range []string{"999", "fine", "saved"} {
		if strings.Contains(end, bad) {
			t.Errorf("the end has %q, which does not explain a failure:\n%s", bad, end)
		}
	}
}

func TestNoFailure(t *testing.T) {
	cmd, logs := command(t, nil, "first", "third")
	if err := os.MkdirAll(logs, 0o755); err != nil {
		t.Fatal(err)
	}
	old := filepath.Join(logs, "second.log")
	if err := os.WriteFile(old, []byte("of an earlier run"), 0o644); err != nil {
		t.Fatal(err)
	}
	output, err := cmd.Output()
	if err != nil || !strings.HasSuffix(string(output), "all 2 steps passed\n") || strings.Contains(string(output), "FAILED") {
		t.Errorf("ended with %v:\n%s", err, output)
	}
	if _, err := os.Stat(old); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the log of an earlier run is still there (%v)", err)
	}
}

func TestInterruptEndsItAtOnce(t *testing.T) {
	cmd, logs := command(t, nil, "endless", "third")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // as a terminal does, which signals the whole group
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stdout)
	for lines.Scan() && lines.Text() != "endless has begun" {
	}
	if err := syscall.Kill(-cmd.Process.Pid, syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	for lines.Scan() {
		if strings.Contains(lines.Text(), "third") {
			t.Errorf("after the interrupt it said %q", lines.Text())
		}
	}
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != 130 {
		t.Errorf("ended with %v, want exit code 130", err)
	}
	if want := "interrupted in endless, step 1 of 2: " + filepath.Join(logs, "endless.log"); !strings.Contains(stderr.String(), want) {
		t.Errorf("it said %q, want %q", &stderr, want)
	}
}

func TestBadSettingsAreRefused(t *testing.T) {
	for setting, want := range map[string]string{
		"CLUSTER=../../etc":    `CLUSTER="../../etc": use 1 to 40 lower-case letters`,
		"CLUSTER=Demo":         `CLUSTER="Demo": use 1 to 40 lower-case letters`,
		"XDG_STATE_HOME=state": `XDG_STATE_HOME="state": use an absolute path`,
	} {
		t.Run(setting, func(t *testing.T) {
			cmd, _ := command(t, []string{setting}, "first")
			output, err := cmd.CombinedOutput()
			if cmd.ProcessState.ExitCode() != 2 || !strings.HasPrefix(string(output), want) || strings.Contains(string(output), "to stdout") {
				t.Errorf("ended with %v, want exit code 2 and %q:\n%s", err, want, output)
			}
		})
	}
}
