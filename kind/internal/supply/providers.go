// SPDX-License-Identifier: Apache-2.0

package supply

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/mod/sumdb/dirhash"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/artefact"
	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/pins"
)

// registryHosts are the namespaces in which Terraform and OpenTofu look a
// provider up that a configuration names without a host.
var registryHosts = []string{"registry.terraform.io", "registry.opentofu.org"}

// provider is one entry of a mirror.
type provider struct{ namespace, name, version, program string }

// mirror returns a folder that Terraform and OpenTofu install providers from:
// this project's own, and exactly one version of helm and of kubernetes. Both
// sources give the same layout, so that nothing in the configuration depends on
// where a provider came from. Terraform is the program that pulls them.
func (s *Supply) mirror(ctx context.Context, build bool, terraform string) (artefact.Spec, error) {
	promadapter, err := s.projectProgram(ctx, "promadapter", "./provider", runtime.GOOS)
	if err != nil {
		return artefact.Spec{}, err
	}
	own := provider{"nginx-prometheus-hpa", "promadapter", s.Pins.PromadapterVersion, "promadapter"}
	if !build {
		pulled := s.pulledProviders(terraform)
		return artefact.Spec{Name: Mirror, Key: artefact.Key(s.recipes, promadapter.Key, pulled.Key), Build: func(ctx context.Context, dir string) error {
			if err := s.place(ctx, dir, promadapter, own); err != nil {
				return err
			}
			from, err := s.Store.Ensure(ctx, pulled)
			if err != nil {
				return err
			}
			for _, host := range registryHosts {
				if err := os.CopyFS(filepath.Join(dir, host), os.DirFS(from)); err != nil {
					return fmt.Errorf("placing the pulled providers: %w", err)
				}
			}
			return nil
		}}, nil
	}
	// The last releases that are Go modules.
	built, err := s.compiled("providers", "./terraform-provider-helm", "./terraform-provider-kubernetes")
	if err != nil {
		return artefact.Spec{}, err
	}
	return artefact.Spec{Name: Mirror, Key: artefact.Key(s.recipes, promadapter.Key, built.Key), Build: func(ctx context.Context, dir string) error {
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

// pulledProviders returns the packages of helm and kubernetes, unpacked, as they
// lie below a registry's host in a mirror. They are the same whichever program
// pulls them, and from whichever registry.
func (s *Supply) pulledProviders(terraform string) artefact.Spec {
	platform := runtime.GOOS + "_" + runtime.GOARCH
	inputs := []string{platform}
	configuration := "terraform {\n  required_providers {\n"
	for _, name := range []string{"helm", "kubernetes"} {
		version := s.Pins.RegistryProviders[name]
		inputs = append(inputs, name, version, s.Pins.Digests.Providers[pins.ProviderKey(name, version, platform)])
		configuration += fmt.Sprintf("    %s = {\n      source  = \"hashicorp/%s\"\n      version = \"%s\"\n    }\n", name, name, version)
	}
	configuration += "  }\n}\n"
	return artefact.Spec{Name: "pulled-providers", Key: artefact.Key(inputs...), Build: func(ctx context.Context, dir string) error {
		scratch := filepath.Join(s.Cache, "work", "providers-pulled")
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
		// init, and not "providers mirror", which knows no mirror of the person's own.
		run := s.Run.In(scratch).With("TF_CLI_ARGS_init=", "TF_DATA_DIR=")
		if err := run.Run(ctx, terraform, "init", "-backend=false", "-input=false", "-no-color"); err != nil {
			return fmt.Errorf("pulling Terraform providers: %w: behind a mirror, name it in provider_installation of %s", err, cliConfiguration(terraform))
		}
		installed, err := filepath.Glob(filepath.Join(scratch, ".terraform", "providers", "*", "hashicorp", "*", "*", platform))
		if err != nil {
			return fmt.Errorf("looking for the pulled providers: %w", err)
		}
		for _, from := range installed {
			version := filepath.Dir(from)
			name := filepath.Base(filepath.Dir(version))
			// A cache of the person's own is linked to, and may go away.
			real, err := filepath.EvalSymlinks(from)
			if err != nil {
				return fmt.Errorf("reading the pulled provider %s: %w", name, err)
			}
			if err := s.checkProvider(real, name, filepath.Base(version), platform); err != nil {
				return err
			}
			if err := os.CopyFS(filepath.Join(dir, "hashicorp", name, filepath.Base(version), platform), os.DirFS(real)); err != nil {
				return fmt.Errorf("keeping the pulled provider %s: %w", name, err)
			}
		}
		if len(installed) != len(s.Pins.RegistryProviders) {
			return fmt.Errorf("%s has installed %d providers, want %d", terraform, len(installed), len(s.Pins.RegistryProviders))
		}
		return nil
	}}
}

func cliConfiguration(terraform string) string {
	if strings.HasPrefix(filepath.Base(terraform), "tofu") {
		return "~/.tofurc"
	}
	return "~/.terraformrc"
}

// checkProvider compares the content of a package with the pinned hash. Who has
// signed it, Terraform has checked; whether that is who signed it before, it
// cannot know.
func (s *Supply) checkProvider(dir, name, version, platform string) error {
	got, err := dirhash.HashDir(dir, "", dirhash.Hash1)
	if err != nil {
		return fmt.Errorf("reading the pulled provider %s: %w", name, err)
	}
	want := s.Pins.Digests.Providers[pins.ProviderKey(name, version, platform)]
	if want == "" {
		s.Say("the provider %s %s is taken as the registry serves it: no hash of it is pinned yet (go run ./kind pins)", name, version)
		return nil
	}
	if got != want {
		return fmt.Errorf("the provider %s %s for %s is not the one that is pinned: its hash is %s, want %s: somebody on the way has changed it, or a mirror serves another build", name, version, platform, got, want)
	}
	return nil
}
