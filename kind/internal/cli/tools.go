// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/artefact"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/supply"
)

const probeImage = supply.ProbeImage

// linkPrograms puts kind and kubectl into the folder that is first on PATH.
func (e *environment) linkPrograms(tools artefact.Spec) error {
	return e.link(tools, map[string]string{"kind": "kind", "kubectl": "kubectl"})
}

// linkTools adds the tools that are not needed to make a cluster.
func (e *environment) linkTools(p products) error {
	switch {
	case p.tofu != nil:
		if err := e.link(*p.tofu, map[string]string{"terraform": "tofu", "tofu": "tofu"}); err != nil {
			return err
		}
	case filepath.Base(e.terraform) == "tofu":
		if err := e.linkTo("terraform", e.terraform); err != nil {
			return err
		}
	default:
		// A link of before terraform was installed would hide it.
		if err := errors.Join(os.RemoveAll(filepath.Join(e.bin(), "terraform")), os.RemoveAll(filepath.Join(e.bin(), "tofu"))); err != nil {
			return fmt.Errorf("removing the links to OpenTofu: %w", err)
		}
	}
	return e.link(p.loadgen, map[string]string{"loadgen": "loadgen"})
}

func (e *environment) link(spec artefact.Spec, programs map[string]string) error {
	for name, program := range programs {
		if err := e.linkTo(name, filepath.Join(e.supply.Store.Path(spec), program)); err != nil {
			return err
		}
	}
	return nil
}

func (e *environment) linkTo(name, target string) error {
	if err := os.MkdirAll(e.bin(), 0o755); err != nil {
		return fmt.Errorf("making room for the tools: %w", err)
	}
	link := filepath.Join(e.bin(), name)
	if current, err := os.Readlink(link); err == nil && current == target {
		return nil
	}
	if err := os.RemoveAll(link); err != nil {
		return fmt.Errorf("replacing the link %s: %w", link, err)
	}
	if err := os.Symlink(target, link); err != nil {
		return fmt.Errorf("linking %s: %w", name, err)
	}
	return nil
}
