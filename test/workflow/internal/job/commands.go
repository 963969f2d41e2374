// SPDX-License-Identifier: Apache-2.0

package job

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// commands runs a step's commands as GitHub does where no shell is named: with
// bash -e.
func (r *run) commands(ctx context.Context, s step) error {
	text, err := r.expand(s.Run, r.temp)
	if err != nil {
		return err
	}
	script, hand := filepath.Join(r.temp, "step.sh"), filepath.Join(r.temp, "github_env")
	if err := os.WriteFile(script, []byte(text), 0o644); err != nil {
		return fmt.Errorf("writing the step's commands: %w", err)
	}
	if err := os.WriteFile(hand, nil, 0o644); err != nil {
		return fmt.Errorf("making GITHUB_ENV: %w", err)
	}
	env, err := r.environment(s, hand)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "bash", "-e", script)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = r.clone, env, r.Stdout, r.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGINT) }
	cmd.WaitDelay = time.Minute // for a step that cleans up
	failure := cmd.Run()
	data, err := os.ReadFile(hand)
	if err != nil {
		return fmt.Errorf("reading GITHUB_ENV: %w", err)
	}
	set, err := parseEnvironment(string(data))
	if err != nil {
		return fmt.Errorf("reading GITHUB_ENV: %w", err)
	}
	maps.Copy(r.shared, set)
	return failure
}

// environment returns the environment of the step's commands. Later values win.
func (r *run) environment(s step, hand string) ([]string, error) {
	env := append([]string{}, r.Environ...)
	add := func(set map[string]string) error {
		for name, value := range set {
			expanded, err := r.expand(value, r.temp)
			if err != nil {
				return fmt.Errorf("env %s: %w", name, err)
			}
			env = append(env, name+"="+expanded)
		}
		return nil
	}
	for _, set := range r.env {
		if err := add(set); err != nil {
			return nil, err
		}
	}
	for name, value := range r.shared { // as earlier steps have written them: nothing is expanded
		env = append(env, name+"="+value)
	}
	if err := add(s.Env); err != nil {
		return nil, err
	}
	env = append(env, "CI=true", "GITHUB_ENV="+hand, "GITHUB_WORKSPACE="+r.clone, "RUNNER_TEMP="+r.temp)
	for name, value := range r.Override {
		env = append(env, name+"="+value)
	}
	return env, nil
}

// parseEnvironment reads what a step has written to GITHUB_ENV: lines of
// NAME=value, or NAME<<MARK, lines of a value, and MARK.
func parseEnvironment(text string) (map[string]string, error) {
	set := map[string]string{}
	lines := strings.Split(text, "\n")
	for i := 0; i < len(lines); i++ {
		if lines[i] == "" {
			continue
		}
		name, mark, long := strings.Cut(lines[i], "<<")
		if !long || strings.Contains(name, "=") {
			name, value, ok := strings.Cut(lines[i], "=")
			if !ok || name == "" {
				return nil, fmt.Errorf("line %q: it is neither NAME=value nor NAME<<MARK", lines[i])
			}
			set[name] = value
			continue
		}
		var value []string
		for i++; i < len(lines) && lines[i] != mark; i++ {
			value = append(value, lines[i])
		}
		if i == len(lines) {
			return nil, fmt.Errorf("%s: its value does not end, there is no line %q", name, mark)
		}
		set[name] = strings.Join(value, "\n")
	}
	return set, nil
}
