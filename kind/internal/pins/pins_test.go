// SPDX-License-Identifier: Apache-2.0

package pins

import (
	"path/filepath"
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
	if !strings.HasPrefix(p.NodeImage.Digest, "sha256:") || len(p.NodeImage.Digest) != 71 {
		t.Errorf("node image digest %q is none", p.NodeImage.Digest)
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
