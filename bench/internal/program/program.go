// SPDX-License-Identifier: Apache-2.0

// Package program runs the programs that benchmarks need.
package program

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Output runs a program in a folder, "" for the current one, and returns what it
// prints, without surrounding space; an error has its standard error. The variables
// are added to those of this process. When the context ends, the program is
// interrupted and has a minute to exit, in which Terraform writes its state.
func Output(ctx context.Context, dir string, variables []string, name string, args ...string) (string, error) {
	command := exec.CommandContext(ctx, name, args...)
	command.Dir, command.Env = dir, append(os.Environ(), variables...)
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	command.WaitDelay = time.Minute
	var problems strings.Builder
	command.Stderr = &problems
	printed, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w: %s", filepath.Base(name), strings.Join(args, " "), err, strings.TrimSpace(problems.String()))
	}
	return strings.TrimSpace(string(printed)), nil
}
