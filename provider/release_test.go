// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"gopkg.in/yaml.v3"
)

// The registry accepts a release only if its files have these names, and tells Terraform the protocol versions of the manifest.
func TestReleaseForRegistry(t *testing.T) {
	var manifest struct {
		Version  int `json:"version"`
		Metadata struct {
			ProtocolVersions []string `json:"protocol_versions"`
		} `json:"metadata"`
	}
	decode(t, "terraform-registry-manifest.json", json.Unmarshal, &manifest)
	if manifest.Version != 1 || !slices.Equal(manifest.Metadata.ProtocolVersions, []string{"6.0"}) {
		t.Errorf("the manifest is %+v, want version 1 and the protocol that main serves, 6.0", manifest)
	}

	type extra struct {
		Glob         string `yaml:"glob"`
		NameTemplate string `yaml:"name_template"`
	}
	var release struct {
		ProjectName string `yaml:"project_name"`
		Builds      []struct {
			Main   string   `yaml:"main"`
			Binary string   `yaml:"binary"`
			GOOS   []string `yaml:"goos"`
			GOARCH []string `yaml:"goarch"`
		} `yaml:"builds"`
		Archives []struct {
			Formats      []string `yaml:"formats"`
			NameTemplate string   `yaml:"name_template"`
		} `yaml:"archives"`
		Checksum struct {
			NameTemplate string  `yaml:"name_template"`
			Algorithm    string  `yaml:"algorithm"`
			ExtraFiles   []extra `yaml:"extra_files"`
		} `yaml:"checksum"`
		Signs []struct {
			Artifacts string `yaml:"artifacts"`
		} `yaml:"signs"`
		Release struct {
			ExtraFiles []extra `yaml:"extra_files"`
		} `yaml:"release"`
	}
	decode(t, ".goreleaser.yml", yaml.Unmarshal, &release)
	if len(release.Builds) != 1 || len(release.Archives) != 1 || len(release.Signs) != 1 {
		t.Fatalf("want one build, one archive and one signature: %+v", release)
	}
	const prefix = "{{ .ProjectName }}_{{ .Version }}_"
	for what, pair := range map[string][2]string{
		"project":   {release.ProjectName, "terraform-provider-promadapter"},
		"program":   {release.Builds[0].Binary, "{{ .ProjectName }}_v{{ .Version }}"},
		"archive":   {release.Archives[0].NameTemplate, prefix + "{{ .Os }}_{{ .Arch }}"},
		"checksums": {release.Checksum.NameTemplate, prefix + "SHA256SUMS"},
		"algorithm": {release.Checksum.Algorithm, "sha256"},
		"signature": {release.Signs[0].Artifacts, "checksum"},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s: %q, want %q", what, pair[0], pair[1])
		}
	}
	if !slices.Equal(release.Archives[0].Formats, []string{"zip"}) {
		t.Errorf("archives are %q, want zip", release.Archives[0].Formats)
	}
	for what, files := range map[string][]extra{"checksums": release.Checksum.ExtraFiles, "release": release.Release.ExtraFiles} {
		if want := []extra{{"provider/terraform-registry-manifest.json", prefix + "manifest.json"}}; !slices.Equal(files, want) {
			t.Errorf("the %s include %v, want %v", what, files, want)
		}
	}
	// Paths are relative to the root of the clone, where goreleaser runs.
	for _, path := range []string{release.Builds[0].Main, "provider/terraform-registry-manifest.json", "LICENSE"} {
		if _, err := os.Stat(filepath.Join("..", path)); err != nil {
			t.Error(err)
		}
	}
}

func decode(t *testing.T, path string, unmarshal func([]byte, any) error, into any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := unmarshal(text, into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}
