// SPDX-License-Identifier: Apache-2.0

package environment

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// module marks the root of the checkout: its go.mod begins with this line.
const module = "module github.com/nginx-prometheus-hpa/nginx-prometheus-hpa\n"

// grace is how long an interrupted tool may take to stop its children and to keep what
// it has built, before it is killed.
const grace = 30 * time.Second

// Tool runs the kind tool of this checkout.
type Tool struct {
	Root    string    // root of the checkout
	Command []string  // program and leading arguments; empty means go run ./kind
	Environ []string  // complete environment of the tool, as "NAME=value"
	Log     io.Writer // receives what the tool prints while it works
}

// With returns a tool whose environment has the given "NAME=value" pairs added; they
// override existing ones.
func (t Tool) With(pairs ...string) Tool {
	t.Environ = append(append([]string{}, t.Environ...), pairs...)
	return t
}

// Up creates or repairs the cluster and, unless extra says otherwise, applies
// the Terraform configuration. On a running environment it changes nothing.
func (t Tool) Up(ctx context.Context, extra ...string) error {
	return t.run(ctx, t.Log, append([]string{"up"}, extra...)...)
}

// Down removes the cluster and its state. It succeeds when there is no cluster.
func (t Tool) Down(ctx context.Context) error { return t.run(ctx, t.Log, "down") }

// Describe asks the tool for the description of the environment.
func (t Tool) Describe(ctx context.Context) (Environment, error) {
	var out bytes.Buffer
	if err := t.run(ctx, &out, "env", "--json"); err != nil {
		return Environment{}, err
	}
	return Parse(out.Bytes())
}

// run interrupts the tool's whole process group when the context ends: go run does not
// forward signals, and a build that kept running would conflict with the next.
func (t Tool) run(ctx context.Context, stdout io.Writer, args ...string) error {
	command := t.Command
	if len(command) == 0 {
		command = []string{"go", "run", "./kind"}
	}
	command = append(append([]string{}, command...), args...)
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Dir, cmd.Env = t.Root, t.Environ
	cmd.Stdout, cmd.Stderr = stdout, t.Log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGINT) }
	cmd.WaitDelay = grace
	err := cmd.Run()
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("%s was stopped: %w", strings.Join(command, " "), context.Cause(ctx))
	}
	return fmt.Errorf("%s: %w", strings.Join(command, " "), err)
}

// Root walks up from dir to the root of the checkout that holds it.
func Root(dir string) (string, error) {
	for at := dir; ; at = filepath.Dir(at) {
		data, err := os.ReadFile(filepath.Join(at, "go.mod"))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return "", fmt.Errorf("looking for the root of the checkout: %w", err)
		}
		if bytes.HasPrefix(data, []byte(module)) {
			return at, nil
		}
		if at == filepath.Dir(at) {
			return "", fmt.Errorf("%q is not inside a checkout of this project: run the tests from one", dir)
		}
	}
}
