// SPDX-License-Identifier: Apache-2.0

package supply

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"golang.org/x/mod/sumdb/dirhash"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/kind/internal/pins"
)

// hostPlatforms are those that a person's machine may have.
var hostPlatforms = []string{"linux/amd64", "linux/arm64", "darwin/amd64", "darwin/arm64"}

// Digests asks the registries for the digests of everything that is pulled, for
// every platform. Who pins them trusts what is served at this moment, here.
func (s *Supply) Digests(ctx context.Context) (pins.Digests, error) {
	d := pins.Digests{Images: map[string]string{}, Programs: map[string]string{}, Providers: map[string]string{}}
	for _, ref := range append(s.Pins.ImageRefs(), s.Pins.PublishedNodeImage()) {
		digest, err := s.Registry.Digest(ctx, ref)
		if err != nil {
			return d, err
		}
		d.Images[ref] = digest
		s.Say("%s  %s", digest, ref)
	}
	for name := range s.Pins.Programs {
		for _, platform := range hostPlatforms {
			address, err := s.Pins.Program(name, platform)
			if err != nil {
				return d, err
			}
			if d.Programs[address], err = s.publishedSum(ctx, address); err != nil {
				return d, err
			}
			s.Say("%s  %s", d.Programs[address], address)
		}
	}
	providers, err := s.providerService(ctx, "https://"+registryHosts[0])
	if err != nil {
		return d, err
	}
	var names []string
	for name := range s.Pins.RegistryProviders {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		version := s.Pins.RegistryProviders[name]
		for _, platform := range hostPlatforms {
			hash, err := s.providerHash(ctx, providers, "hashicorp/"+name+"/"+version+"/download/"+platform)
			if err != nil {
				return d, err
			}
			key := pins.ProviderKey(name, version, strings.ReplaceAll(platform, "/", "_"))
			d.Providers[key] = hash
			s.Say("%s  %s", hash, key)
		}
	}
	return d, nil
}

// providerService asks a registry where it serves providers: Terraform's service
// discovery.
func (s *Supply) providerService(ctx context.Context, host string) (service *url.URL, err error) {
	err = s.Registry.Get(ctx, host+"/.well-known/terraform.json", func(body io.Reader) error {
		var services struct {
			Providers string `json:"providers.v1"`
		}
		if err := json.NewDecoder(io.LimitReader(body, 1<<20)).Decode(&services); err != nil {
			return fmt.Errorf("%s is no registry of providers: %w", host, err)
		}
		if services.Providers == "" {
			return fmt.Errorf("%s serves no providers", host)
		}
		base, err := url.Parse(host)
		if err != nil {
			return fmt.Errorf("registry %q: %w", host, err)
		}
		service, err = base.Parse(services.Providers)
		return err
	})
	return service, err
}

// providerHash downloads a package and returns its hash as a lock file has it.
func (s *Supply) providerHash(ctx context.Context, service *url.URL, path string) (string, error) {
	var offer struct {
		URL string `json:"download_url"`
		Sum string `json:"shasum"`
	}
	asked, err := service.Parse(path)
	if err != nil {
		return "", fmt.Errorf("asking for %s: %w", path, err)
	}
	err = s.Registry.Get(ctx, asked.String(), func(body io.Reader) error {
		return json.NewDecoder(io.LimitReader(body, 1<<20)).Decode(&offer)
	})
	if err != nil {
		return "", err
	}
	download, err := asked.Parse(offer.URL)
	if err != nil {
		return "", fmt.Errorf("package of %s: %w", path, err)
	}
	dir, err := os.MkdirTemp("", "provider-*")
	if err != nil {
		return "", fmt.Errorf("making room for a provider: %w", err)
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "provider.zip")
	if err := s.Registry.Download(ctx, download.String(), offer.Sum, file, 0o644); err != nil {
		return "", err
	}
	hash, err := dirhash.HashZip(file, dirhash.Hash1)
	if err != nil {
		return "", fmt.Errorf("reading the package of %s: %w", path, err)
	}
	return hash, nil
}
