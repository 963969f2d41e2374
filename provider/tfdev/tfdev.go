// SPDX-License-Identifier: Apache-2.0

// Package tfdev runs the Terraform or OpenTofu on PATH with the provider built from this clone: without a registry, without init and
// without a download. The documentation, the acceptance tests and the benchmark use it.
package tfdev

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// What the provider is called: its type, and its source in required_providers.
const (
	TypeName = "promadapter"
	Source   = "nginx-prometheus-hpa/promadapter"
)

// RequiredProviders declares the provider, which each configuration needs once.
const RequiredProviders = `terraform {
  required_providers {
    ` + TypeName + ` = {
      source = "` + Source + `"
    }
  }
}
`

// ErrNotFound is returned by Find.
var ErrNotFound = errors.New(`no terraform or tofu on PATH: install one, or use the environment's with eval "$(make -s env)"`)

// grace is how long an interrupted Terraform may take to write its state.
const grace = 30 * time.Second

// Find returns the path of terraform or, failing that, of tofu.
func Find() (string, error) {
	for _, name := range []string{"terraform", "tofu"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", ErrNotFound
}

// Terraform runs commands in folders that hold a configuration.
type Terraform struct {
	Env []string // complete, as "NAME=value"

	path string
}

// New builds the provider in its folder providerDir and keeps it, with the settings for Terraform, in the folder dir. Variables
// of the environment that begin with TF_ are meant for other work and left out.
func New(ctx context.Context, providerDir, dir string) (*Terraform, error) {
	path, err := Find()
	if err != nil {
		return nil, err
	}
	dir, err = filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("locating %q: %w", dir, err)
	}
	bin := filepath.Join(dir, "bin")
	if _, err := Output(ctx, providerDir, nil, "go", "build", "-o", filepath.Join(bin, "terraform-provider-"+TypeName), "."); err != nil {
		return nil, fmt.Errorf("building the provider: %w", err)
	}
	settings := filepath.Join(dir, "terraform.rc")
	text := fmt.Sprintf("provider_installation {\n  dev_overrides {\n    %q = %q\n  }\n}\n", Source, bin)
	if err := os.WriteFile(settings, []byte(text), 0o600); err != nil {
		return nil, fmt.Errorf("writing Terraform's settings: %w", err)
	}
	t := &Terraform{path: path, Env: []string{"TF_CLI_CONFIG_FILE=" + settings, "TF_IN_AUTOMATION=1", "CHECKPOINT_DISABLE=1"}}
	for _, entry := range os.Environ() {
		if !strings.HasPrefix(entry, "TF_") {
			t.Env = append(t.Env, entry)
		}
	}
	return t, nil
}

// Run runs one command in a folder and returns its standard output; an error includes all output.
func (t *Terraform) Run(ctx context.Context, dir string, args ...string) ([]byte, error) {
	return Output(ctx, dir, t.Env, t.path, args...)
}

// Output runs a program in a folder and returns its standard output; an error includes all output. A nil environment is that of this
// process. When the context ends, the program is interrupted, so that Terraform can write its state.
func Output(ctx context.Context, dir string, env []string, name string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = dir, env
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGINT) }
	cmd.WaitDelay = grace
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%s %s: %w\n%s%s", filepath.Base(name), strings.Join(args, " "), err, &stdout, &stderr)
	}
	return stdout.Bytes(), nil
}

// Version returns the name and version of the program, as one line.
func (t *Terraform) Version(ctx context.Context) (string, error) {
	out, err := t.Run(ctx, "", "version")
	if err != nil {
		return "", err
	}
	line, _, _ := strings.Cut(string(out), "\n")
	return line, nil
}
