// SPDX-License-Identifier: Apache-2.0

package cli

import (
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
	if p.tofu != nil {
		if err := e.link(*p.tofu, map[string]string{"terraform": "tofu", "tofu": "tofu"}); err != nil {
			return err
		}
	}
	return e.link(p.loadgen, map[string]string{"loadgen": "loadgen"})
}

func (e *environment) link(spec artefact.Spec, programs map[string]string) error {
	if err := os.MkdirAll(e.bin(), 0o755); err != nil {
		return fmt.Errorf("making room for the tools: %w", err)
	}
	for name, program := range programs {
		link := filepath.Join(e.bin(), name)
		target := filepath.Join(e.supply.Store.Path(spec), program)
		if current, err := os.Readlink(link); err == nil && current == target {
			continue
		}
		if err := os.RemoveAll(link); err != nil {
			return fmt.Errorf("replacing the link %s: %w", link, err)
		}
		if err := os.Symlink(target, link); err != nil {
			return fmt.Errorf("linking %s: %w", name, err)
		}
	}
	return nil
}
