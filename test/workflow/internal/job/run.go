// SPDX-License-Identifier: Apache-2.0

package job

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/mod/modfile"
)

// Options say where a job runs.
type Options struct {
	Repository     string            // a folder of the repository whose last commit is cloned
	Override       map[string]string // variables that override the workflow's
	Environ        []string          // variables that the workflow's override, as "NAME=value"
	Keep           bool              // keep the clone
	Stdout, Stderr io.Writer
}

// run is a job that runs.
type run struct {
	*Job
	Options
	temp   string // RUNNER_TEMP
	clone  string
	shared map[string]string // what setup-go and GITHUB_ENV pass to later steps
}

// Run runs the steps. Its error names the steps that failed.
func (j *Job) Run(ctx context.Context, o Options) error {
	dir, err := os.MkdirTemp("", "workflow-")
	if err != nil {
		return fmt.Errorf("making a folder for the job: %w", err)
	}
	if o.Keep {
		fmt.Fprintf(o.Stdout, "kept: %s\n", dir)
	} else {
		defer os.RemoveAll(dir)
	}
	r := &run{Job: j, Options: o, temp: filepath.Join(dir, "temp"), clone: filepath.Join(dir, "clone"), shared: map[string]string{}}
	for _, folder := range []string{r.temp, r.clone} {
		if err := os.Mkdir(folder, 0o755); err != nil {
			return fmt.Errorf("making a folder for the job: %w", err)
		}
	}
	var failed []string
	for number, s := range j.steps {
		holds, err := due(s.If, len(failed) > 0)
		if err != nil {
			return err
		}
		title, err := j.expand(s.title(), r.temp)
		if err != nil {
			return err
		}
		fmt.Fprintf(o.Stdout, "== step %d of %d: %s\n", number+1, len(j.steps), title)
		if !holds {
			fmt.Fprintf(o.Stdout, "-- skipped: its condition does not hold\n")
			continue
		}
		begun := time.Now()
		if s.Uses != "" {
			err = r.action(ctx, s)
		} else {
			err = r.commands(ctx, s)
		}
		if ctx.Err() != nil {
			return fmt.Errorf("job %s: interrupted in step %q", j.name, title)
		}
		if err != nil {
			fmt.Fprintf(o.Stdout, "-- failed after %s: %v\n", time.Since(begun).Round(time.Second), err)
			failed = append(failed, title)
		} else if s.Run != "" {
			fmt.Fprintf(o.Stdout, "-- passed, %s\n", time.Since(begun).Round(time.Second))
		}
	}
	if len(failed) > 0 {
		return fmt.Errorf("job %s: failed in %s", j.name, strings.Join(failed, ", "))
	}
	fmt.Fprintf(o.Stdout, "job %s: passed\n", j.name)
	return nil
}

// action does what checkout and setup-go do, and skips all others.
func (r *run) action(ctx context.Context, s step) error {
	name, _, _ := strings.Cut(s.Uses, "@")
	switch name {
	case "actions/checkout":
		return r.checkout(ctx, s.With["fetch-depth"])
	case "actions/setup-go":
		return r.setupGo(s.With["go-version-file"])
	}
	fmt.Fprintf(r.Stdout, "-- skipped: uses %s\n", s.Uses)
	return nil
}

// checkout clones the last commit, with as much history as the workflow asks for.
func (r *run) checkout(ctx context.Context, depth string) error {
	source, err := filepath.Abs(r.Repository)
	if err != nil {
		return fmt.Errorf("finding the repository: %w", err)
	}
	if depth == "" {
		depth = "1" // the action's default
	}
	args := []string{"clone", "--quiet"}
	if depth != "0" {
		args = append(args, "--depth="+depth)
	}
	// From a plain path git would link the entire history, whatever the depth.
	clone := exec.CommandContext(ctx, "git", append(args, "file://"+source, r.clone)...)
	clone.Stdout, clone.Stderr = r.Stdout, r.Stderr
	if err := clone.Run(); err != nil {
		return fmt.Errorf("cloning %s: %w", source, err)
	}
	commit, err := exec.CommandContext(ctx, "git", "-C", r.clone, "log", "-1", "--format=%h %s").Output()
	if err != nil {
		return fmt.Errorf("reading the commit: %w", err)
	}
	fmt.Fprintf(r.Stdout, "-- replaced by a clone of the last commit, with fetch-depth %s: %s", depth, commit)
	return nil
}

// setupGo makes the go command use the version that the action would install.
func (r *run) setupGo(file string) error {
	if file == "" {
		return errors.New("actions/setup-go: only go-version-file is known here")
	}
	path := filepath.Join(r.clone, file)
	data, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("reading the version of Go: %w", err)
	}
	module, err := modfile.Parse(path, data, nil)
	if err != nil {
		return fmt.Errorf("reading the version of Go: %w", err)
	}
	switch {
	case module.Toolchain != nil:
		r.shared["GOTOOLCHAIN"] = module.Toolchain.Name
	case module.Go != nil:
		r.shared["GOTOOLCHAIN"] = "go" + module.Go.Version
	default:
		return fmt.Errorf("%s has neither a toolchain line nor a go line", file)
	}
	fmt.Fprintf(r.Stdout, "-- replaced by GOTOOLCHAIN=%s, as %s says\n", r.shared["GOTOOLCHAIN"], file)
	return nil
}
