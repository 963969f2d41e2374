// SPDX-License-Identifier: Apache-2.0

package supply

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/artefact"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/gobuild"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/pins"
)

// registryHosts are the namespaces in which Terraform and OpenTofu look a
// provider up that a configuration names without a host.
var registryHosts = []string{"registry.terraform.io", "registry.opentofu.org"}

// provider is one entry of a mirror.
type provider struct{ namespace, name, version, program string }

// builtProviders compiles the helm and kubernetes providers from the last
// releases that are Go modules.
func (s *Supply) builtProviders() (artefact.Spec, error) {
	sources, err := artefact.Tree(s.Root, nil, "kind/tools/providers")
	if err != nil {
		return artefact.Spec{}, err
	}
	return artefact.Spec{Name: "providers", Key: artefact.Key(s.toolchain, sources), Build: func(ctx context.Context, dir string) error {
		module, err := s.workspace("providers")
		if err != nil {
			return err
		}
		s.Detail("downloading modules")
		return gobuild.Build(ctx, s.goTools(), gobuild.Request{
			Dir: module, Packages: []string{"./terraform-provider-helm", "./terraform-provider-kubernetes"}, Output: dir, Progress: s.progress("providers"),
		})
	}}, nil
}

// Mirror returns a folder that Terraform installs providers from: this
// project's own, and exactly one version of helm and of kubernetes. Both
// sources give the same layout, so that nothing in the configuration depends on
// where a provider came from.
func (s *Supply) Mirror(ctx context.Context, build bool, terraform string) (artefact.Spec, error) {
	promadapter, err := s.Promadapter(ctx)
	if err != nil {
		return artefact.Spec{}, err
	}
	own := provider{"nginx-prometheus-hpa", "promadapter", s.Pins.PromadapterVersion, "promadapter"}
	if !build {
		configuration := s.mirrorConfiguration()
		return artefact.Spec{Name: "mirror", Key: artefact.Key(s.recipes, promadapter.Key, configuration), Build: func(ctx context.Context, dir string) error {
			if err := s.pullProviders(ctx, dir, terraform, configuration); err != nil {
				return err
			}
			return s.place(ctx, dir, promadapter, own)
		}}, nil
	}
	built, err := s.builtProviders()
	if err != nil {
		return artefact.Spec{}, err
	}
	return artefact.Spec{Name: "mirror", Key: artefact.Key(s.recipes, promadapter.Key, built.Key), Build: func(ctx context.Context, dir string) error {
		if err := s.place(ctx, dir, promadapter, own); err != nil {
			return err
		}
		return s.place(ctx, dir, built,
			provider{"hashicorp", "helm", s.Pins.Module(pins.HelmProvider), "terraform-provider-helm"},
			provider{"hashicorp", "kubernetes", s.Pins.Module(pins.KubernetesProvider), "terraform-provider-kubernetes"})
	}}, nil
}

// place puts programs of an artefact into a mirror, under every host.
func (s *Supply) place(ctx context.Context, mirror string, programs artefact.Spec, providers ...provider) error {
	dir, err := s.Store.Ensure(ctx, programs)
	if err != nil {
		return err
	}
	for _, p := range providers {
		for _, host := range registryHosts {
			target := filepath.Join(mirror, host, p.namespace, p.name, p.version, runtime.GOOS+"_"+runtime.GOARCH, "terraform-provider-"+p.name+"_v"+p.version)
			if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
				return fmt.Errorf("placing provider %s: %w", p.name, err)
			}
			// One file under several names costs its space once.
			if err := os.Link(filepath.Join(dir, p.program), target); err != nil {
				return fmt.Errorf("placing provider %s: %w", p.name, err)
			}
		}
	}
	return nil
}

// mirrorConfiguration asks for exactly the pinned providers.
func (s *Supply) mirrorConfiguration() string {
	return fmt.Sprintf(`terraform {
  required_providers {
    helm = {
      source  = "hashicorp/helm"
      version = "%s"
    }
    kubernetes = {
      source  = "hashicorp/kubernetes"
      version = "%s"
    }
  }
}
`, s.Pins.RegistryProviders["helm"], s.Pins.RegistryProviders["kubernetes"])
}

// pullProviders lets Terraform itself download and check the providers.
func (s *Supply) pullProviders(ctx context.Context, dir, terraform, configuration string) error {
	scratch := filepath.Join(s.Cache, "work", "mirror")
	if err := os.RemoveAll(scratch); err != nil {
		return fmt.Errorf("emptying %s: %w", scratch, err)
	}
	if err := os.MkdirAll(scratch, 0o755); err != nil {
		return fmt.Errorf("making room for %s: %w", scratch, err)
	}
	defer os.RemoveAll(scratch)
	if err := os.WriteFile(filepath.Join(scratch, "versions.tf"), []byte(configuration), 0o644); err != nil {
		return fmt.Errorf("writing the list of providers: %w", err)
	}
	if err := s.Run.In(scratch).Run(ctx, terraform, "providers", "mirror", dir); err != nil {
		return fmt.Errorf("pulling Terraform providers: %w", err)
	}
	return nil
}
