// SPDX-License-Identifier: Apache-2.0

package pins

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestLoadOwnPins(t *testing.T) {
	p, err := Load(filepath.Join("..", "..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	for role, ref := range p.Images {
		_, tag, ok := strings.Cut(ref[strings.LastIndex(ref, "/")+1:], ":")
		if !ok || tag == "" || tag == "v" || strings.Contains(ref, "$") {
			t.Errorf("image %s has no exact version: %q", role, ref)
		}
	}
	for _, platform := range []string{"linux/amd64", "darwin/arm64"} {
		for name := range p.Programs {
			if address, err := p.Program(name, platform); err != nil || strings.Contains(address, "$") {
				t.Errorf("%s for %s is at %q (%v)", name, platform, address, err)
			}
		}
	}
	// Digests of what is no longer pulled must go.
	pulled := append(p.ImageRefs(), p.PublishedNodeImage())
	workflow, err := os.ReadFile("../../../.github/workflows/ci.yml")
	if err != nil {
		t.Fatal(err)
	}
	matrix := regexp.MustCompile(`kubernetes: \[(.*)\]`).FindSubmatch(workflow)
	if matrix == nil {
		t.Fatal("the workflow has no matrix of Kubernetes versions")
	}
	for version := range strings.SplitSeq(string(matrix[1]), ", ") {
		other := p.NodeImage.Name + ":v" + version
		if p.Digests.Images[other] == "" {
			t.Errorf("the workflow pulls %s, which has no pinned digest", other)
		}
		pulled = append(pulled, other)
	}
	for ref, digest := range p.Digests.Images {
		if !slices.Contains(pulled, ref) || !regexp.MustCompile(`^sha256:[0-9a-f]{64}$`).MatchString(digest) {
			t.Errorf("the digest %q of %s is malformed, or the image is not pulled: run go run ./kind pins", digest, ref)
		}
	}
	for _, module := range []string{Kubernetes, HelmProvider, KubernetesProvider} {
		if p.Module(module) == "" {
			t.Errorf("module %s has no version", module)
		}
	}
}

func TestExpandNamesUnknownModule(t *testing.T) {
	p := &Pins{modules: map[string]string{"a.org/b": "v1.2.3", PrometheusModule: "v0.305.1"}}
	got, err := p.expand("x/y:v${a.org/b}-${prometheus}")
	if err != nil || got != "x/y:v1.2.3-3.5.1" {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := p.expand("x/y:v${a.org/c}"); err == nil || !strings.Contains(err.Error(), "a.org/c") {
		t.Errorf("got %v", err)
	}
}
