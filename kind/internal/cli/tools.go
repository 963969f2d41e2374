// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/supply"
)

// link puts the programs of products into the folder that is first on PATH.
func (e *environment) link(products supply.Products) error {
	for _, p := range products {
		for name, program := range p.Links {
			if err := e.linkTo(name, filepath.Join(e.supply.Store.Path(p.Spec), program)); err != nil {
				return err
			}
		}
	}
	return nil
}

// linkTools links all tools. An installed Terraform needs no link, and a link from
// before it was installed would hide it.
func (e *environment) linkTools(products supply.Products) error {
	if e.terraform != "" {
		if err := errors.Join(os.RemoveAll(filepath.Join(e.bin(), "terraform")), os.RemoveAll(filepath.Join(e.bin(), "tofu"))); err != nil {
			return fmt.Errorf("removing the links to OpenTofu: %w", err)
		}
		if filepath.Base(e.terraform) == "tofu" {
			if err := e.linkTo("terraform", e.terraform); err != nil {
				return err
			}
		}
	}
	return e.link(products)
}

func (e *environment) linkTo(name, target string) error {
	if err := os.MkdirAll(e.bin(), 0o755); err != nil {
		return fmt.Errorf("creating the folder of the tools: %w", err)
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
