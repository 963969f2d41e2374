// SPDX-License-Identifier: Apache-2.0

// Package mirror writes a tree of files that any web server can serve and Terraform and OpenTofu install the provider from:
// https://developer.hashicorp.com/terraform/internals/provider-network-mirror-protocol.
package mirror

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"golang.org/x/mod/sumdb/dirhash"

	"github.com/nginx-prometheus-hpa/nginx-prometheus-hpa/provider/tfdev"
)

// hosts are where Terraform and OpenTofu look for a provider whose source names no host. The archives are below the first one.
var hosts = []string{"registry.terraform.io", "registry.opentofu.org"}

const program = "terraform-provider-" + tfdev.TypeName

// index.json, and next to it a file for each version.
type (
	index struct {
		Versions map[string]struct{} `json:"versions"`
	}
	release struct {
		Archives map[string]archive `json:"archives"` // by platform
	}
	archive struct {
		URL    string   `json:"url"`
		Hashes []string `json:"hashes"`
	}
)

// versionNumber is a version as Terraform writes it, without a leading v.
var versionNumber = regexp.MustCompile(`^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$`)

// CheckVersion returns an error for what is not a version of a provider.
func CheckVersion(version string) error {
	if !versionNumber.MatchString(version) {
		return fmt.Errorf("version %q: use a version without a leading v, for example 0.1.0", version)
	}
	return nil
}

// Add adds a version to the tree in dir. The archives are files named as by ArchiveName. They are copied into the tree or, with a link,
// left where they are: below that URL.
func Add(dir, version string, archives []string, link string) error {
	if err := CheckVersion(version); err != nil {
		return err
	}
	if link != "" {
		if at, err := url.Parse(link); err != nil || at.Scheme != "https" {
			return fmt.Errorf("link %q: use an https URL, below which the archives are", link)
		}
	}
	found := map[string]archive{}
	for _, file := range archives {
		platform, err := platformOf(filepath.Base(file), version)
		if err != nil {
			return err
		}
		hashes, err := hashesOf(file)
		if err != nil {
			return err
		}
		found[platform] = archive{URL: filepath.Base(file), Hashes: hashes}
	}
	if len(found) == 0 {
		return fmt.Errorf("version %s: there is no archive of it", version)
	}
	for i, host := range hosts {
		home := folder(dir, host)
		if err := os.MkdirAll(home, 0o755); err != nil {
			return fmt.Errorf("making the tree: %w", err)
		}
		if i == 0 && link == "" {
			for _, file := range archives {
				if err := copyFile(file, filepath.Join(home, filepath.Base(file))); err != nil {
					return err
				}
			}
		}
		located := release{Archives: map[string]archive{}}
		for platform, a := range found {
			switch {
			case link != "":
				a.URL = strings.TrimSuffix(link, "/") + "/" + a.URL
			case i > 0: // relative to the folder of the JSON file
				a.URL = path.Join("../../..", hosts[0], tfdev.Source, a.URL)
			}
			located.Archives[platform] = a
		}
		if err := writeJSON(filepath.Join(home, version+".json"), located); err != nil {
			return err
		}
		if err := writeIndex(home); err != nil {
			return err
		}
	}
	return nil
}

// ArchiveName returns the name of the archive of a version for a platform such as linux_amd64: the same for us, for a registry and for
// Terraform.
func ArchiveName(version, platform string) string {
	return program + "_" + version + "_" + platform + ".zip"
}

func platformOf(name, version string) (string, error) {
	platform, ok := strings.CutPrefix(name, program+"_"+version+"_")
	platform, zipped := strings.CutSuffix(platform, ".zip")
	if !ok || !zipped {
		return "", fmt.Errorf("archive %q: want a name like %s", name, ArchiveName(version, "linux_amd64"))
	}
	return platform, nil
}

// hashesOf returns both hashes that a lock file may have: h1 of the content, zh of the archive.
func hashesOf(file string) ([]string, error) {
	h1, err := dirhash.HashZip(file, dirhash.Hash1)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", file, err)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", file, err)
	}
	sum := sha256.Sum256(data)
	return []string{h1, "zh:" + hex.EncodeToString(sum[:])}, nil
}

// writeIndex lists the versions whose files are in the folder.
func writeIndex(home string) error {
	files, err := filepath.Glob(filepath.Join(home, "*.json"))
	if err != nil {
		return fmt.Errorf("listing the versions: %w", err)
	}
	versions := index{Versions: map[string]struct{}{}}
	for _, file := range files {
		if version := strings.TrimSuffix(filepath.Base(file), ".json"); version != "index" {
			versions.Versions[version] = struct{}{}
		}
	}
	return writeJSON(filepath.Join(home, "index.json"), versions)
}

func folder(dir, host string) string {
	return filepath.Join(dir, host, filepath.FromSlash(tfdev.Source))
}

func writeJSON(file string, value any) error {
	text, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding %s: %w", file, err)
	}
	if err := os.WriteFile(file, append(text, '\n'), 0o644); err != nil {
		return fmt.Errorf("writing the tree: %w", err)
	}
	return nil
}

func copyFile(from, to string) error {
	source, err := os.Open(from)
	if err != nil {
		return fmt.Errorf("copying an archive: %w", err)
	}
	defer source.Close()
	target, err := os.Create(to)
	if err != nil {
		return fmt.Errorf("copying an archive: %w", err)
	}
	_, err = io.Copy(target, source)
	if err := errors.Join(err, target.Close()); err != nil {
		return fmt.Errorf("copying %s: %w", from, err)
	}
	return nil
}
