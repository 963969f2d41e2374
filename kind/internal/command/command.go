// SPDX-License-Identifier: Apache-2.0

// Package command runs other programs with errors that explain a failure: they carry
// the command line and the end of the program's output.
package command

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// tailBytes is how much of a failed program's output an error shows.
const tailBytes = 4000

// Runner runs programs with one environment and one log.
type Runner struct {
	Env []string  // complete environment of the programs
	Dir string    // working directory; empty means the current one
	Log io.Writer // receives command lines and their output; may be nil
}

// With returns a runner whose environment has the given "KEY=value" pairs added.
func (r Runner) With(pairs ...string) Runner {
	r.Env = append(append([]string{}, r.Env...), pairs...)
	return r
}

// In returns a runner that works in dir.
func (r Runner) In(dir string) Runner {
	r.Dir = dir
	return r
}

// Run runs a program to its end.
func (r Runner) Run(ctx context.Context, name string, args ...string) error {
	_, err := r.capture(ctx, nil, name, args)
	return err
}

// Output runs a program and returns its standard output without surrounding
// white space.
func (r Runner) Output(ctx context.Context, name string, args ...string) (string, error) {
	out, err := r.capture(ctx, nil, name, args)
	return strings.TrimSpace(out), err
}

// Lines runs a program and calls each for every line of its standard output and
// standard error as it arrives.
func (r Runner) Lines(ctx context.Context, each func(line string), name string, args ...string) error {
	_, err := r.capture(ctx, each, name, args)
	return err
}

func (r Runner) capture(ctx context.Context, each func(string), name string, args []string) (string, error) {
	path, err := r.LookPath(name)
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env, cmd.Dir = r.Env, r.Dir
	// An interrupt lets the program clean up; it is killed only after WaitDelay.
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGINT) }
	cmd.WaitDelay = 20 * time.Second

	log := r.Log
	if log == nil {
		log = io.Discard
	}
	fmt.Fprintf(log, "\n$ %s %s\n", name, strings.Join(args, " "))
	var stdout bytes.Buffer
	both := &tail{limit: tailBytes}
	lines := &lineWriter{each: each}
	cmd.Stdout = io.MultiWriter(&stdout, both, log, lines)
	cmd.Stderr = io.MultiWriter(both, log, lines)
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return stdout.String(), fmt.Errorf("running %s: %w", name, ctx.Err())
		}
		return stdout.String(), fmt.Errorf("running %s %s: %w\n%s", name, strings.Join(args, " "), err, both)
	}
	lines.flush()
	return stdout.String(), nil
}

// LookPath finds a program on the PATH of the runner's own environment, which
// differs from this process's once the project's tools are in front.
func (r Runner) LookPath(name string) (string, error) {
	if strings.Contains(name, "/") {
		return name, nil
	}
	for _, dir := range strings.Split(r.Getenv("PATH"), ":") {
		candidate := dir + "/" + name
		if info, err := os.Stat(candidate); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return candidate, nil
		}
	}
	return "", fmt.Errorf("program %q is not on PATH: %w", name, exec.ErrNotFound)
}

// Getenv returns a variable of the runner's own environment.
func (r Runner) Getenv(name string) (value string) {
	for _, pair := range r.Env {
		if found, ok := strings.CutPrefix(pair, name+"="); ok {
			value = found
		}
	}
	return value
}

// Has reports whether a program is on the runner's PATH.
func (r Runner) Has(name string) bool {
	_, err := r.LookPath(name)
	return err == nil
}
