// SPDX-License-Identifier: Apache-2.0

// Package engine finds a container engine that can run a kind node, and hides the
// differences between Docker and podman.
package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/command"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/host"
)

// Probe is a small image whose program prints facts about the machine as JSON, and
// exits with 0.
type Probe struct {
	Archive   string   // path of the image archive
	Image     string   // its name
	Arguments []string // make its program print and exit
}

// probeTimeout bounds the run of the probe.
const probeTimeout = time.Minute

// Engine is a container engine that started a privileged container.
type Engine struct {
	Name    string         // docker or podman
	Run     command.Runner // its environment includes what the engine needs
	Machine Machine        // what the probe and the engine report
}

// Options guide the search for an engine.
type Options struct {
	Want  string // docker, podman, or empty for whichever works
	Dir   string // folder for configuration that an engine needs
	Probe Probe
	Say   func(format string, args ...any) // reports what is being installed
}

// Find returns the first engine that starts a privileged container: Docker,
// then podman, then podman installed with apt-get where that is possible.
func Find(ctx context.Context, run command.Runner, o Options) (*Engine, error) {
	var failures []error
	if o.Want != "podman" {
		docker := &Engine{Name: "docker", Run: run}
		err := docker.try(ctx, o.Probe)
		if err == nil {
			return docker, nil
		}
		failures = append(failures, err)
	}
	if o.Want != "docker" {
		podman, err := newPodman(run, o.Dir)
		if err != nil {
			return nil, err
		}
		if host.IsDebianRoot() && (!run.Has("podman") || (mixedCgroups() && !run.Has("runc"))) {
			err := host.InstallPackages(ctx, run, func(names []string) {
				o.Say("no container engine works here: installing %v with apt-get", names)
			}, "podman", "runc")
			if err != nil {
				return nil, err
			}
		}
		err = podman.try(ctx, o.Probe)
		if err == nil {
			return podman, nil
		}
		failures = append(failures, err)
	}
	return nil, fmt.Errorf("no container engine can run a kind node; start Docker, or install podman (make up installs it on Debian as root):\n%w", errors.Join(failures...))
}

// try returns an error unless the engine answers and a privileged container starts.
// An engine that answers may still be unable to run one, for instance if the user
// lacks a capability that it requires.
func (e *Engine) try(ctx context.Context, probe Probe) error {
	if !e.Run.Has(e.Name) {
		return fmt.Errorf("%s is not installed", e.Name)
	}
	if err := e.Run.Run(ctx, e.Name, "info"); err != nil {
		return fmt.Errorf("%s does not answer: %w", e.Name, err)
	}
	if err := e.Load(ctx, probe.Archive); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	seen, err := e.Run.Output(ctx, e.Name, append([]string{"run", "--rm", "--privileged", "--network=none", probe.Image}, probe.Arguments...)...)
	if err != nil {
		return fmt.Errorf("%s cannot start a privileged container: %w", e.Name, err)
	}
	e.Machine, err = e.machine(ctx, seen)
	return err
}

// Environment returns the "KEY=value" pairs that kind and the named engine need. Dir
// is the folder of the engine's configuration.
func Environment(name, dir string) []string {
	if name != "podman" {
		return nil
	}
	return []string{"CONTAINERS_CONF=" + podmanConfiguration(dir), "KIND_EXPERIMENTAL_PROVIDER=podman"}
}

func podmanConfiguration(dir string) string { return filepath.Join(dir, "containers.conf") }

// Load puts the image of an archive into the engine's storage.
func (e *Engine) Load(ctx context.Context, archive string) error {
	if err := e.Run.Run(ctx, e.Name, "load", "-i", archive); err != nil {
		return fmt.Errorf("loading %s into %s: %w", filepath.Base(archive), e.Name, err)
	}
	return nil
}

// RemoveImage removes an image from the engine's storage. A missing image is
// not an error.
func (e *Engine) RemoveImage(ctx context.Context, ref string) error {
	if e.Run.Run(ctx, e.Name, "image", "inspect", ref) != nil {
		return nil
	}
	if err := e.Run.Run(ctx, e.Name, "image", "rm", ref); err != nil {
		return fmt.Errorf("removing %s from %s: %w", ref, e.Name, err)
	}
	return nil
}

// newPodman writes the configuration without which podman fails where the user
// may not raise resource limits: it would ask for more than the hard limits.
func newPodman(run command.Runner, dir string) (*Engine, error) {
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err != nil {
		return nil, fmt.Errorf("reading the limit of open files: %w", err)
	}
	path := podmanConfiguration(dir)
	content := fmt.Sprintf("[containers]\ndefault_ulimits = [\"nofile=%d:%d\", \"nproc=32768:32768\"]\n\n[engine]\nevents_logger = \"file\"\n", files.Max, files.Max)
	// Podman's default runtime does not run there, but runc does.
	if mixedCgroups() {
		content += "runtime = \"runc\"\n"
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("creating the folder of podman's configuration: %w", err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		return nil, fmt.Errorf("writing podman's configuration: %w", err)
	}
	return &Engine{Name: "podman", Run: run.With(Environment("podman", dir)...)}, nil
}

// mixedCgroups reports whether both versions of control groups are mounted.
func mixedCgroups() bool {
	_, err := os.Stat("/sys/fs/cgroup/unified")
	return err == nil
}
