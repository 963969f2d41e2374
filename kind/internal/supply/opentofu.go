// SPDX-License-Identifier: Apache-2.0

package supply

import (
	"context"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/artefact"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/gobuild"
)

// openTofu returns the program tofu, which does Terraform's work on a machine
// that has no Terraform.
func (s *Supply) openTofu() (artefact.Spec, error) {
	sources, err := artefact.Tree(s.Root, nil, "kind/tools/opentofu")
	if err != nil {
		return artefact.Spec{}, err
	}
	return artefact.Spec{Name: "opentofu", Key: artefact.Key(s.toolchain, sources), Build: func(ctx context.Context, dir string) error {
		module, err := s.workspace("opentofu")
		if err != nil {
			return err
		}
		s.Detail("downloading modules")
		return gobuild.Build(ctx, s.goTools(), gobuild.Request{
			Dir: module, Packages: []string{"github.com/opentofu/opentofu/cmd/tofu"}, Output: dir, Progress: s.progress("opentofu"),
		})
	}}, nil
}
