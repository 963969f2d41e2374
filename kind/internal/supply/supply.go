// SPDX-License-Identifier: Apache-2.0

// Package supply makes what a cluster is made of: programs, images, the node
// image, charts and Terraform providers, from source or from registries.
package supply

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/artefact"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/command"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/gobuild"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/pins"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/registry"
)

// Supply makes artefacts for one checkout.
type Supply struct {
	Root  string // checkout
	Cache string // folder of all build results
	Store *artefact.Store
	Pins  *pins.Pins
	// Registry pulls what is not made here.
	Registry *registry.Client
	Run      command.Runner
	Detail   func(format string, args ...any) // tells how far the work is
	Say      func(format string, args ...any) // tells what a person has to know

	recipes   string // digest of the sources of this package and its helpers
	toolchain string // Go toolchain and compiler flags
}

// New returns a supply whose artefacts live below cache.
func New(ctx context.Context, root, cache string, run command.Runner) (*Supply, error) {
	p, err := pins.Load(root)
	if err != nil {
		return nil, err
	}
	s := &Supply{
		Root: root, Cache: cache, Store: artefact.NewStore(filepath.Join(cache, "artefacts")), Pins: p, Run: run,
		Detail: func(string, ...any) {}, Say: func(string, ...any) {},
	}
	if s.recipes, err = artefact.Tree(root, isTest, "kind/internal/supply", "kind/internal/image", "kind/pins.json"); err != nil {
		return nil, err
	}
	if s.toolchain, err = gobuild.Signature(ctx, run); err != nil {
		return nil, err
	}
	return s, nil
}

func isTest(path string) bool { return len(path) > 8 && path[len(path)-8:] == "_test.go" }

// goTools returns a runner for the modules below kind/tools. They have caches
// of their own, so that all of it can be removed without touching what the
// person's other projects use.
func (s *Supply) goTools() command.Runner {
	return s.Run.With(gobuild.Environment(filepath.Join(s.Cache, "gomod"), filepath.Join(s.Cache, "gobuild"))...)
}

// goProject returns a runner for this project's own module, which shares the
// person's ordinary caches with go run and go test.
func (s *Supply) goProject() command.Runner {
	return s.Run.With("CGO_ENABLED=0", "GOFLAGS=-mod=readonly", "GOGC=400", "GOWORK=off").In(s.Root)
}

// workspace copies the module of a tool group to where it can be added to.
func (s *Supply) workspace(group string) (string, error) {
	dir := filepath.Join(s.Cache, "work", group)
	if err := os.RemoveAll(dir); err != nil {
		return "", fmt.Errorf("emptying the workspace of %s: %w", group, err)
	}
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(s.Root, "kind", "tools", group))); err != nil {
		return "", fmt.Errorf("filling the workspace of %s: %w", group, err)
	}
	return dir, nil
}

// groupDir returns the module of a tool group in the checkout.
func (s *Supply) groupDir(group string) string {
	return filepath.Join(s.Root, "kind", "tools", group)
}

// RemoveIntermediates deletes what only a build needs: compiler and module
// caches of the tools, and workspaces. The artefacts stay.
func (s *Supply) RemoveIntermediates(ctx context.Context) error {
	if err := os.RemoveAll(filepath.Join(s.Cache, "work")); err != nil {
		return fmt.Errorf("removing intermediate files: %w", err)
	}
	if _, err := os.Stat(filepath.Join(s.Cache, "gomod")); os.IsNotExist(err) {
		return nil
	}
	// Module caches are read-only on purpose; only go itself deletes them easily.
	if err := s.goTools().In(s.Root).Run(ctx, "go", "clean", "-modcache"); err != nil {
		return fmt.Errorf("removing the module cache of the tools: %w", err)
	}
	for _, name := range []string{"gomod", "gobuild"} {
		if err := os.RemoveAll(filepath.Join(s.Cache, name)); err != nil {
			return fmt.Errorf("removing intermediate files: %w", err)
		}
	}
	return nil
}
