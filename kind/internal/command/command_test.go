// SPDX-License-Identifier: Apache-2.0

package command

import (
	"context"
	"errors"
	"strings"
	"testing"
)

var shell = Runner{Env: []string{"PATH=/usr/bin:/bin", "COLOR=green"}}

func TestRunnerPassesEnvironmentAndOutput(t *testing.T) {
	out, err := shell.With("COLOR=blue").Output(t.Context(), "sh", "-c", "echo $COLOR; echo noise >&2")
	if err != nil || out != "blue" {
		t.Errorf("got %q, %v", out, err)
	}
}

func TestErrorShowsCommandAndItsOutput(t *testing.T) {
	err := shell.Run(t.Context(), "sh", "-c", "echo the reason >&2; exit 3")
	if err == nil || !strings.Contains(err.Error(), "running sh -c") || !strings.Contains(err.Error(), "the reason") {
		t.Errorf("got %v", err)
	}
}

func TestLinesSeesBothStreamsAndTheLastLine(t *testing.T) {
	var lines []string
	err := shell.Lines(t.Context(), func(line string) { lines = append(lines, line) }, "sh", "-c", "echo one; printf two")
	if err != nil || strings.Join(lines, ",") != "one,two" {
		t.Errorf("got %q, %v", lines, err)
	}
}

func TestCancelledCommandSaysSo(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	started := make(chan struct{})
	go func() {
		<-started
		cancel()
	}()
	err := shell.Lines(ctx, func(string) { close(started) }, "sh", "-c", "echo up; exec sleep 60")
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestMissingProgramIsNamed(t *testing.T) {
	if err := shell.Run(t.Context(), "no-such-program"); err == nil || !strings.Contains(err.Error(), `"no-such-program"`) {
		t.Errorf("got %v", err)
	}
}
