// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// asProcess makes the test binary run main instead of the tests.
const asProcess = "HEAVYWORK_TEST_AS_PROCESS"

func TestMain(m *testing.M) {
	if os.Getenv(asProcess) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// process is a running heavywork whose log the test reads line by line.
type process struct {
	t   *testing.T
	cmd *exec.Cmd
	log *bufio.Scanner
}

// patience only ends tests that hang; no result depends on it.
const patience = time.Minute

// launch starts a process on free ports. It is killed when the test ends or hangs.
func launch(t *testing.T, args ...string) *process {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, os.Args[0], append([]string{"--port=0", "--metrics-port=0"}, args...)...)
	cmd.Env = []string{asProcess + "=1"}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return &process{t, cmd, bufio.NewScanner(stderr)}
}

// awaitLog reads the log up to the line with the message msg.
func (p *process) awaitLog(msg string) {
	p.t.Helper()
	for p.log.Scan() {
		var line struct{ Msg string }
		if err := json.Unmarshal(p.log.Bytes(), &line); err != nil {
			p.t.Fatalf("log line %q is not JSON: %v", p.log.Text(), err)
		}
		if line.Msg == msg {
			return
		}
	}
	p.t.Fatalf("the log ended without %q: %v", msg, p.log.Err())
}

func (p *process) signal() {
	p.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.t.Fatal(err)
	}
}

func TestStopSignalEndsInExitZero(t *testing.T) {
	p := launch(t, "--drain=0s")
	p.awaitLog("serving")
	p.signal()
	p.awaitLog("draining")
	p.awaitLog("stopped")
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("got %v, want exit status 0", err)
	}
}

// A process waits for another one, as the chart's post-start hook does.
func TestAwaitReady(t *testing.T) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(free.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	waiting := exec.CommandContext(ctx, os.Args[0], "--await-ready", "--metrics-port="+port)
	waiting.Env = []string{asProcess + "=1"}
	if err := waiting.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- waiting.Wait() }()
	p := launch(t, "--drain=0s", "--metrics-port="+port)
	p.awaitLog("serving")
	if err := <-ended; err != nil {
		t.Errorf("got %v, want exit status 0", err)
	}
}

func TestSecondSignalEndsAtOnce(t *testing.T) {
	p := launch(t, "--drain=10m")
	p.awaitLog("serving")
	p.signal()
	p.awaitLog("draining")

	ended := make(chan error, 1)
	go func() { ended <- p.cmd.Wait() }()
	again := time.NewTicker(10 * time.Millisecond) // a signal that arrives before the default handling is restored is lost
	defer again.Stop()
	for {
		select {
		case <-again.C:
			p.signal()
			continue
		case err := <-ended:
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGTERM {
				t.Errorf("got %v, want it ended by the signal", err)
			}
		}
		return
	}
}

func TestInvalidSettingsEndInExitOne(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), os.Args[0], "--port=x", "--drain=y")
	cmd.Env = []string{asProcess + "=1"}
	output, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Errorf("got %v, want exit status 1", err)
	}
	for _, want := range []string{"heavywork: invalid settings:\n", `--port "x"`, `--drain "y"`} {
		if !strings.Contains(string(output), want) {
			t.Errorf("output lacks %q:\n%s", want, output)
		}
	}
}

func TestTextsGoToStdout(t *testing.T) {
	for _, tt := range []struct{ flag, want string }{
		{"--version", "heavywork "},
		{"--help", "--metrics-port"},
	} {
		t.Run(tt.flag, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			if err := run(t.Context(), []string{tt.flag}, &stdout, &stderr); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(stdout.String(), tt.want) || stderr.Len() > 0 {
				t.Errorf("stdout %q, stderr %q; want %q on stdout alone", &stdout, &stderr, tt.want)
			}
		})
	}
}
